// SPDX-License-Identifier: Apache-2.0
#pragma once
// Claims against rules. One table of checks, in the order in which they refuse; check() stops at the first
// that fails, examine() runs them all and says what was expected and found. Pure: the time is a parameter.
// Any thread.

#include <callgate/base/clock.hpp>
#include <callgate/policy/claims.hpp>
#include <callgate/refusal/reason.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::policy {

// A claim that must be there with one of these values: a string, or an array that holds one.
struct RequiredClaim {
  std::vector<std::string> names;   // the first of these that the token has counts (v1 "appid", v2 "azp")
  std::vector<std::string> any_of;  // compared byte for byte
};

struct Rules {
  std::string issuer{};                     // iss must be equal, byte for byte
  std::vector<std::string> more_issuers{};  // equally good: for a sender whose tokens come in two versions
  std::vector<std::string> audiences{};     // one of them must be in aud; never empty
  std::chrono::seconds clock_skew{30};      // how far clocks may differ, both ways
  std::chrono::seconds max_lifetime{300};   // exp minus iat, else nbf, else now
  bool require_issued_at = false;           // refuse tokens that do not say when they were made
  std::vector<RequiredClaim> required{};    // all of them must hold
  // Name of the claim that holds the body's SHA-256 in hexadecimal, for senders that bind the body in the
  // token ("request_body_sha256", "payload_hash"); empty: the body is not bound.
  std::string body_digest{};

  // The claims that read_claims must bring beside the registered ones.
  std::vector<std::string> further_claims() const;
};

// Two GUIDs compare without case, anything else exactly.
bool same_audience(std::string_view a, std::string_view b);
bool is_guid(std::string_view text);

// The first audience of the token that is one of ours; null if none is.
const std::string* find_audience(const Claims& claims, const Rules& rules);

refusal::Judged<void> check(const Claims& claims, const Rules& rules, base::WallTime now);

// The body against the claim that binds it. Holds when the rules bind none. Refuses with claim_mismatch.
refusal::Judged<void> check_body(const Claims& claims, const Rules& rules, std::string_view body);

struct Finding {
  std::string_view name;   // "issuer", "expiry", ...
  refusal::Reason reason;  // what a failure is called
  bool holds = false;
  std::string expected;
  std::string found;
  // Seconds until this check would turn from pass to fail (positive), or since it fails (negative), if time
  // is what decides.
  std::optional<double> margin_seconds;
};

std::vector<Finding> examine(const Claims& claims, const Rules& rules, base::WallTime now);

}  // namespace callgate::policy
