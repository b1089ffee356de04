// SPDX-License-Identifier: Apache-2.0
// Any text as the claims of a token, judged by three sets of rules at one time.

#include <algorithm>
#include <array>
#include <callgate/policy/check.hpp>
#include <callgate/policy/claims.hpp>
#include <callgate/refusal/reason.hpp>

#include "fuzz.hpp"

using namespace callgate;

namespace {

constexpr base::WallTime kNow{std::chrono::seconds{1'800'000'000}};

const std::array<policy::Rules, 3>& rules() {
  using std::chrono::seconds;
  static const std::array<policy::Rules, 3> sets{
      policy::Rules{.issuer = "https://issuer.test", .audiences = {"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"}},
      policy::Rules{.issuer = "https://issuer.test",
                    .more_issuers = {"https://sts.windows.net/t/"},
                    .audiences = {"a", "b", "second"},
                    .clock_skew = seconds{0},
                    .max_lifetime = seconds{3600},
                    .require_issued_at = true,
                    .required = {{{"tid"}, {"t"}}, {{"appid", "azp"}, {"a", "b"}}, {{"roles"}, {"r"}}},
                    .body_digest = "payload_hash"},
      policy::Rules{.issuer = "",
                    .audiences = {""},
                    .clock_skew = seconds{300},
                    .max_lifetime = seconds{10'000'000'000}}};
  return sets;
}

bool has_one_of(const policy::Claims& claims, const policy::RequiredClaim& required) {
  for (const std::string& name : required.names) {
    const auto* claim = claims.find(name);
    if (claim == nullptr) continue;
    return std::find_first_of(claim->values.begin(), claim->values.end(), required.any_of.begin(),
                              required.any_of.end()) != claim->values.end();
  }
  return false;
}

void judge(const policy::Claims& claims, const policy::Rules& ours) {
  const auto verdict = policy::check(claims, ours, kNow);
  const auto findings = policy::examine(claims, ours, kNow);
  const auto failed = std::find_if(findings.begin(), findings.end(), [](const auto& f) { return !f.holds; });
  fuzz::require(verdict.has_value() == (failed == findings.end()), "check and examine agree");
  if (!verdict) {
    fuzz::require(verdict.error().reason == failed->reason, "the first failure is the reason");
    return;
  }
  fuzz::require(claims.issuer == ours.issuer || std::count(ours.more_issuers.begin(), ours.more_issuers.end(),
                                                           claims.issuer.value_or("")) != 0,
                "the issuer is ours");
  fuzz::require(policy::find_audience(claims, ours) != nullptr, "an audience is ours");
  fuzz::require(claims.expires_at && kNow < *claims.expires_at + ours.clock_skew,
                "the token has not expired");
  fuzz::require(!claims.not_before || *claims.not_before <= kNow + ours.clock_skew, "its time has come");
  fuzz::require(!ours.require_issued_at || claims.issued_at, "it says when it was issued");
  for (const auto& required : ours.required)
    fuzz::require(has_one_of(claims, required), "it has the claims it must have");
  fuzz::require(
      ours.body_digest.empty() == policy::check_body(claims, ours, "no text has this digest").has_value(),
      "a body is bound or not");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  for (const auto& ours : rules()) {
    const auto claims = policy::read_unverified_claims(text, ours.further_claims());
    if (claims)
      judge(*claims, ours);
    else
      fuzz::require(claims.error().reason == refusal::Reason::claims_malformed,
                    "claims are malformed or read");
  }
  return 0;
}
