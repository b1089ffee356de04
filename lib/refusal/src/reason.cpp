// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/refusal/reason.hpp>

namespace callgate::refusal {
namespace {

struct Row {
  Reason reason;
  std::string_view text;
  std::string_view title;
};

constexpr std::array<Row, kReasonCount> kRows{{
    {Reason::token_missing, "token_missing", "No bearer token was sent"},
    {Reason::scheme_unsupported, "scheme_unsupported", "The authorization scheme is not Bearer"},
    {Reason::token_malformed, "token_malformed", "The token is not a signed compact JWT"},
    {Reason::token_too_large, "token_too_large", "The token is too large"},
    {Reason::token_type_unexpected, "token_type_unexpected", "The token is of another kind"},
    {Reason::algorithm_not_allowed, "algorithm_not_allowed", "The token's algorithm is not allowed"},
    {Reason::critical_header_unsupported, "critical_header_unsupported",
     "The token demands an extension that is not supported"},
    {Reason::key_unknown, "key_unknown", "The signing key is not in the issuer's key set"},
    {Reason::key_unsuitable, "key_unsuitable", "The signing key does not fit the algorithm"},
    {Reason::signature_invalid, "signature_invalid", "The signature does not hold"},
    {Reason::claims_malformed, "claims_malformed", "The token's claims cannot be read"},
    {Reason::issuer_mismatch, "issuer_mismatch", "The token was issued by another issuer"},
    {Reason::audience_mismatch, "audience_mismatch", "The token is meant for another audience"},
    {Reason::expiry_missing, "expiry_missing", "The token never expires"},
    {Reason::token_expired, "token_expired", "The token has expired"},
    {Reason::token_not_yet_valid, "token_not_yet_valid", "The token is not valid yet"},
    {Reason::issued_in_future, "issued_in_future", "The token was issued in the future"},
    {Reason::lifetime_too_long, "lifetime_too_long", "The token lives too long"},
    {Reason::claim_mismatch, "claim_mismatch", "A required claim does not match"},
    {Reason::token_replayed, "token_replayed", "The token was used before with another body"},
    {Reason::source_not_allowed, "source_not_allowed", "The source address is not allowed"},
    {Reason::query_secret_wrong, "query_secret_wrong", "The query secret is wrong"},
    {Reason::event_malformed, "event_malformed", "The body is not a CloudEvent or a batch of them"},
    {Reason::keys_unavailable, "keys_unavailable", "The issuer's keys are not available"},
    {Reason::replay_store_unavailable, "replay_store_unavailable", "The replay store is not available"},
    {Reason::inbox_unavailable, "inbox_unavailable", "The inbox is not available"},
    {Reason::overloaded, "overloaded", "The gateway is at its capacity"},
    {Reason::draining, "draining", "The gateway is shutting down"},
    {Reason::upstream_unreachable, "upstream_unreachable", "The application cannot be reached"},
    {Reason::upstream_timeout, "upstream_timeout", "The application did not answer in time"},
    {Reason::http_malformed, "http_malformed", "The HTTP request is malformed"},
    {Reason::route_unknown, "route_unknown", "There is nothing at this path"},
    {Reason::method_not_allowed, "method_not_allowed", "The method is not allowed here"},
    {Reason::request_timeout, "request_timeout", "The request did not arrive in time"},
    {Reason::body_too_large, "body_too_large", "The body is too large"},
    {Reason::target_too_long, "target_too_long", "The request target is too long"},
    {Reason::content_type_unsupported, "content_type_unsupported", "The content type is not supported"},
    {Reason::expectation_failed, "expectation_failed", "The expectation cannot be met"},
    {Reason::headers_too_large, "headers_too_large", "The header section is too large"},
}};

constexpr bool rows_follow_the_enumeration() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].reason) != i) return false;
  }
  return true;
}
static_assert(rows_follow_the_enumeration());

constexpr auto kAll = [] {
  std::array<Reason, kReasonCount> all{};
  for (std::size_t i = 0; i < all.size(); ++i) all[i] = kRows[i].reason;
  return all;
}();

const Row& row_of(Reason reason) {
  return kRows.at(static_cast<std::size_t>(reason));
}

}  // namespace

std::string_view to_text(Reason reason) {
  return row_of(reason).text;
}

std::string_view title_of(Reason reason) {
  return row_of(reason).title;
}

std::optional<Reason> parse_reason(std::string_view text) {
  const auto* row = std::find_if(kRows.begin(), kRows.end(), [&](const Row& r) { return r.text == text; });
  if (row == kRows.end()) return std::nullopt;
  return row->reason;
}

std::span<const Reason> all_reasons() {
  return kAll;
}

}  // namespace callgate::refusal
