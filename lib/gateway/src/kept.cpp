// SPDX-License-Identifier: Apache-2.0
#include "kept.hpp"

#include <callgate/delivery/accept.hpp>
#include <callgate/delivery/identity.hpp>
#include <callgate/delivery/signing.hpp>
#include <callgate/digest/sha2.hpp>
#include <callgate/http/bearer.hpp>
#include <callgate/jose/compact_token.hpp>

namespace callgate::gateway {
namespace {

refusal::Judged<std::string> webhook_id(const http::Request& request, const events::Batch& batch,
                                        const std::string& route) {
  if (batch.events.size() > 1)
    return delivery::event_key(route, "batch",
                               digest::to_hex(digest::hash(digest::Sha2::sha256, request.body).view()));
  const auto call = delivery::call_of(batch.events.front());
  if (!call) return tl::unexpected(call.error());
  return delivery::event_key(route, *call, batch.events.front().id);
}

}  // namespace

delivery::Passage passage_of(const http::RequestHead& head, const Proof& proof, const std::string& route) {
  return {.route = route,
          .request_id = proof.request_id,
          .method = head.method,
          .target = std::string(head.origin_form()),
          .fields = delivery::kept_fields(head.headers),
          .received_at = proof.received_at};
}

delivery::Verdict verdict_of(const Proof& proof, const http::Headers& headers, const std::string& key_set) {
  delivery::Verdict verdict;
  verdict.judged_at = proof.received_at;
  if (proof.token == nullptr) return verdict;
  const policy::Claims& claims = proof.token->claims();
  verdict.provider = proof.provider;
  verdict.key_id = proof.token->kid();
  verdict.key_set = key_set;
  verdict.issuer = claims.issuer.value_or("");
  verdict.audience = proof.token->audience();
  verdict.subject = claims.subject.value_or("");
  // The very text that was proven: its signature held over these bytes.
  verdict.claims = jose::TokenInspection::of(http::read_bearer(headers).value_or("")).unverified_payload();
  return verdict;
}

void add_signature(http::Request& request, const events::Batch& batch, const config::RouteSettings& route,
                   base::WallTime now) {
  const auto id = webhook_id(request, batch, route.path);
  if (!id) return;  // unsigned, which the application refuses as it must
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  request.head.headers.add("webhook-id", *id);
  request.head.headers.add("webhook-timestamp", std::to_string(seconds));
  request.head.headers.add("webhook-signature",
                           delivery::sign(*id, now, request.body, route.hand_over_secrets));
}

}  // namespace callgate::gateway
