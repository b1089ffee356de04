// SPDX-License-Identifier: Apache-2.0
#include <callgate/base/time_text.hpp>
#include <callgate/delivery/hand_over.hpp>
#include <callgate/http/field_text.hpp>
#include <chrono>

namespace callgate::delivery {
namespace {

// The same fields as of a callback that is forwarded at once (gateway/src/forward.cpp).
void add_proof(http::Headers& headers, const Passage& passage, const Verdict& verdict) {
  headers.add("Callgate-Request-Id", http::field_text(passage.request_id));
  headers.add("Callgate-Received-At", base::format_rfc3339(passage.received_at));
  if (verdict.provider.empty()) return;  // a secret in the query was the only proof
  headers.add("Callgate-Provider", http::field_text(verdict.provider));
  headers.add("Callgate-Issuer", http::field_text(verdict.issuer));
  headers.add("Callgate-Audience", http::field_text(verdict.audience));
  if (!verdict.subject.empty()) headers.add("Callgate-Subject", http::field_text(verdict.subject));
  headers.add("Callgate-Key-Id", http::field_text(verdict.key_id));
}

void add_signature(http::Headers& headers, const NewEvent& event, base::WallTime now,
                   std::span<const SigningSecret> secrets) {
  if (secrets.empty()) return;
  const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
  headers.add("webhook-id", event.key);
  headers.add("webhook-timestamp", std::to_string(seconds));
  std::string signature = sign(event.key, now, event.body, secrets);
  if (!signature.empty()) headers.add("webhook-signature", std::move(signature));
}

}  // namespace

http::Request hand_over(const Stored& stored, int attempt, base::WallTime now,
                        std::span<const SigningSecret> secrets) {
  http::Request request;
  request.head.method = stored.passage.method;
  request.head.target = stored.passage.target;
  for (const http::Field& field : stored.passage.fields) request.head.headers.add(field.name, field.value);
  add_proof(request.head.headers, stored.passage, stored.verdict);
  request.head.headers.add("Callgate-Attempt", std::to_string(attempt));
  add_signature(request.head.headers, stored.event, now, secrets);
  request.body = stored.event.body;
  return request;
}

}  // namespace callgate::delivery
