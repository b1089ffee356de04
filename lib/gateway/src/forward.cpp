// SPDX-License-Identifier: Apache-2.0
#include "forward.hpp"

#include <algorithm>
#include <array>
#include <callgate/base/time_text.hpp>
#include <callgate/http/field_text.hpp>

namespace callgate::gateway {
namespace {

// Lower case, and '-' for all that is neither letter nor digit: applications that are handed fields as
// variables (RFC 3875 section 4.1.18) cannot tell '_' from '-', and behind some servers neither '.' or '~'
// from them.
std::string canonical(std::string_view name) {
  std::string out = http::to_lower(name);
  std::replace_if(
      out.begin(), out.end(), [](char c) { return !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9'); }, '-');
  return out;
}

template <std::size_t N>
bool is_one_of(std::string_view name, const std::array<std::string_view, N>& names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// RFC 9110 section 7.6.1.
constexpr std::array<std::string_view, 9> kHopByHop{
    "connection", "keep-alive",        "proxy-connection", "proxy-authenticate", "proxy-authorization", "te",
    "trailer",    "transfer-encoding", "upgrade"};
// Ours to say, or of no use behind the gate.
constexpr std::array<std::string_view, 8> kNotForwarded{
    "authorization", "host",       "content-length",    "expect",
    "x-request-id",  "webhook-id", "webhook-timestamp", "webhook-signature"};

bool is_named_by_connection(std::string_view name, const http::Headers& headers) {
  const auto named = headers.list("Connection");
  return std::any_of(named.begin(), named.end(), [&](std::string_view n) { return canonical(n) == name; });
}

bool may_pass(const http::Field& field, const http::Headers& headers, bool pass_authorization) {
  const std::string name = canonical(field.name);
  if (http::equals_ignoring_case(field.name, "Authorization") && pass_authorization) return true;
  return !name.starts_with("callgate-") && !is_one_of(name, kHopByHop) && !is_one_of(name, kNotForwarded) &&
         !is_named_by_connection(name, headers);
}

void add_proof(http::Headers& headers, const Proof& proof) {
  headers.add("Callgate-Request-Id", proof.request_id);
  headers.add("Callgate-Received-At", base::format_rfc3339(proof.received_at));
  if (proof.token == nullptr) return;
  const policy::Claims& claims = proof.token->claims();
  headers.add("Callgate-Provider", http::field_text(proof.provider));
  headers.add("Callgate-Issuer", http::field_text(claims.issuer.value_or("")));
  headers.add("Callgate-Audience", http::field_text(proof.token->audience()));
  if (claims.subject) headers.add("Callgate-Subject", http::field_text(*claims.subject));
  headers.add("Callgate-Key-Id", http::field_text(proof.token->kid()));
}

}  // namespace

http::Request forwarded_request(const http::RequestHead& head, std::string body, const Proof& proof,
                                bool pass_authorization) {
  http::Request request;
  request.head.method = head.method;
  request.head.target = head.origin_form();
  for (const http::Field& field : head.headers.fields()) {
    if (may_pass(field, head.headers, pass_authorization)) request.head.headers.add(field.name, field.value);
  }
  add_proof(request.head.headers, proof);
  request.body = std::move(body);
  return request;
}

void add_shadow_mark(http::Headers& headers, const std::optional<refusal::Reason>& passed) {
  headers.add("Callgate-Shadow", std::string(passed ? refusal::to_text(*passed) : "admit"));
}

http::Response vouched(const Proof& proof) {
  http::Response response{204, {{"Cache-Control", "no-store"}, {"X-Request-Id", proof.request_id}}, {}};
  add_proof(response.headers, proof);
  return response;
}

http::Response returned_response(http::Response answer, const std::string& request_id) {
  http::Response response{answer.status, {}, std::move(answer.body)};
  for (const http::Field& field : answer.headers.fields()) {
    const std::string name = canonical(field.name);
    if (is_one_of(name, kHopByHop) || is_named_by_connection(name, answer.headers)) continue;
    if (name == "content-length" || name == "date" || name == "x-request-id") continue;
    response.headers.add(field.name, field.value);
  }
  response.headers.add("X-Request-Id", request_id);
  return response;
}

}  // namespace callgate::gateway
