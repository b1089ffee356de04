// SPDX-License-Identifier: Apache-2.0
#include "respond.hpp"

#include <callgate/json/writer.hpp>

namespace callgate::gateway {

using refusal::Reason;

int status_of(Reason reason) {
  switch (reason) {
    case Reason::token_missing:
    case Reason::scheme_unsupported:
    case Reason::token_malformed:
    case Reason::token_too_large:
    case Reason::token_type_unexpected:
    case Reason::algorithm_not_allowed:
    case Reason::critical_header_unsupported:
    case Reason::key_unknown:
    case Reason::key_unsuitable:
    case Reason::signature_invalid:
    case Reason::claims_malformed:
    case Reason::issuer_mismatch:
    case Reason::audience_mismatch:
    case Reason::expiry_missing:
    case Reason::token_expired:
    case Reason::token_not_yet_valid:
    case Reason::issued_in_future:
    case Reason::lifetime_too_long:
    case Reason::claim_mismatch:
    case Reason::token_replayed:
      return 401;
    case Reason::source_not_allowed:
    case Reason::query_secret_wrong:
      return 403;
    case Reason::event_malformed:
    case Reason::http_malformed:
      return 400;
    case Reason::keys_unavailable:
    case Reason::replay_store_unavailable:
    case Reason::inbox_unavailable:
    case Reason::overloaded:
    case Reason::draining:
      return 503;
    case Reason::upstream_unreachable:
      return 502;
    case Reason::upstream_timeout:
      return 504;
    case Reason::route_unknown:
      return 404;
    case Reason::method_not_allowed:
      return 405;
    case Reason::request_timeout:
      return 408;
    case Reason::body_too_large:
      return 413;
    case Reason::target_too_long:
      return 414;
    case Reason::content_type_unsupported:
      return 415;
    case Reason::expectation_failed:
      return 417;
    case Reason::headers_too_large:
      return 431;
  }
  return 503;
}

namespace {

// RFC 6750 section 3: bare when no bearer token was sent.
std::string challenge(Reason reason, bool reveal) {
  if (reason == Reason::token_missing || reason == Reason::scheme_unsupported) return "Bearer";
  if (!reveal) return "Bearer error=\"invalid_token\"";
  return "Bearer error=\"invalid_token\", error_description=\"" + std::string(refusal::title_of(reason)) +
         "\"";
}

std::string problem_body(const refusal::Refusal& refusal, int status, const std::string& request_id,
                         bool reveal) {
  json::Writer out;
  out.begin_object();
  if (reveal) {
    out.member("type", "urn:callgate:reason:" + std::string(refusal::to_text(refusal.reason)))
        .member("title", refusal::title_of(refusal.reason))
        .member("status", status)
        .member("detail", std::string_view(refusal.detail))
        .member("reason", refusal::to_text(refusal.reason));
  } else {
    out.member("type", "about:blank").member("title", http::status_phrase(status)).member("status", status);
  }
  out.member("request_id", std::string_view(request_id)).end_object();
  return out.take();
}

}  // namespace

http::Response problem(const refusal::Refusal& refusal, const std::string& request_id, bool reveal,
                       std::chrono::seconds retry_after) {
  const int status = status_of(refusal.reason);
  http::Response response{status,
                          {{"Content-Type", "application/problem+json"},
                           {"Cache-Control", "no-store"},
                           {"X-Request-Id", request_id}},
                          problem_body(refusal, status, request_id, reveal)};
  if (status == 401) response.headers.add("WWW-Authenticate", challenge(refusal.reason, reveal));
  if (status == 405) response.headers.add("Allow", "POST");
  if (status == 503) response.headers.add("Retry-After", std::to_string(retry_after.count()));
  return response;
}

http::Response handshake_answer(const gate::Handshake& handshake, const std::string& request_id) {
  http::Response response{200, {{"Cache-Control", "no-store"}, {"X-Request-Id", request_id}}, {}};
  if (const auto* consent = std::get_if<events::Consent>(&handshake)) {
    response.headers.add("Allow", "POST");
    response.headers.add("WebHook-Allowed-Origin", consent->origin);
    response.headers.add("WebHook-Allowed-Rate", consent->rate);
    return response;
  }
  response.headers.add("Content-Type", "application/json");
  response.body = gate::validation_answer(std::get<gate::Validation>(handshake));
  return response;
}

http::Response success(const std::string& request_id) {
  return {200,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}, {"X-Request-Id", request_id}},
          R"({"success":true})"};
}

http::Response repeated(int status, const std::string& request_id) {
  if (status >= 200 && status < 300 && status != 204 && status != 205) {
    http::Response response = success(request_id);
    response.status = status;
    return response;
  }
  return {status, {{"Cache-Control", "no-store"}, {"X-Request-Id", request_id}}, {}};
}

}  // namespace callgate::gateway
