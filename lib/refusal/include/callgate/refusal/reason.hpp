// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why a callback was not let through: the closed list of reasons, shared by every room that can refuse.
// The enumerator is the word that answers, logs, metrics and docs show. Adding one means: here, in
// reason.cpp's table, in gateway/src/respond.cpp (status) and in docs/reasons.md; the compiler and the tests
// insist.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace callgate::refusal {

enum class Reason : std::uint8_t {
  // the token
  token_missing,
  scheme_unsupported,
  token_malformed,
  token_too_large,
  token_type_unexpected,
  algorithm_not_allowed,
  critical_header_unsupported,
  key_unknown,
  key_unsuitable,
  signature_invalid,
  claims_malformed,
  issuer_mismatch,
  audience_mismatch,
  expiry_missing,
  token_expired,
  token_not_yet_valid,
  issued_in_future,
  lifetime_too_long,
  claim_mismatch,
  token_replayed,
  // where it came from, and what it carried
  source_not_allowed,
  query_secret_wrong,
  event_malformed,
  // our side
  keys_unavailable,
  replay_store_unavailable,
  inbox_unavailable,
  overloaded,
  draining,
  upstream_unreachable,
  upstream_timeout,
  // HTTP itself
  http_malformed,
  route_unknown,
  method_not_allowed,
  request_timeout,
  body_too_large,
  target_too_long,
  content_type_unsupported,
  expectation_failed,
  headers_too_large,
};

inline constexpr std::size_t kReasonCount = 39;

// The stable word ("token_expired").
std::string_view to_text(Reason reason);

// One line for a person: the problem document's title.
std::string_view title_of(Reason reason);

std::optional<Reason> parse_reason(std::string_view text);

// All reasons, in the order of the enumeration.
std::span<const Reason> all_reasons();

// A refusal: the reason, and one sentence that names what was expected and what was found. The sentence may
// be sent to the caller, so it never holds token text, a secret, or bytes of the request.
struct Refusal {
  Reason reason;
  std::string detail;
};

template <class T>
using Judged = tl::expected<T, Refusal>;

inline tl::unexpected<Refusal> refuse(Reason reason, std::string detail) {
  return tl::unexpected(Refusal{reason, std::move(detail)});
}

}  // namespace callgate::refusal
