// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/policy/check.hpp>

#include <functional>

namespace callgate::policy {
namespace {

using namespace std::chrono_literals;
using refusal::Reason;

constexpr base::WallTime kNow{std::chrono::seconds{1'800'000'000}};

Rules rules() {
  return {.issuer = "https://issuer.test", .audiences = {"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21", "other"}};
}

Claims good() {
  Claims claims;
  claims.issuer = "https://issuer.test";
  claims.audiences = {"5D0C7E14-92AB-4C3F-A1D8-E67B30F59C21"};
  claims.issued_at = claims.not_before = kNow - 10s;
  claims.expires_at = kNow + 290s;
  return claims;
}

struct Case {
  const char* name;
  std::function<void(Claims&)> change;
  std::optional<Reason> reason;
};

const Case kCases[] = {
    {"good", [](Claims&) {}, {}},
    {"issuer absent", [](Claims& c) { c.issuer.reset(); }, Reason::issuer_mismatch},
    {"issuer with slash", [](Claims& c) { c.issuer = "https://issuer.test/"; }, Reason::issuer_mismatch},
    {"issuer prefix", [](Claims& c) { c.issuer = "https://issuer"; }, Reason::issuer_mismatch},
    {"issuer empty", [](Claims& c) { c.issuer = ""; }, Reason::issuer_mismatch},
    {"issuer case", [](Claims& c) { c.issuer = "https://ISSUER.test"; }, Reason::issuer_mismatch},
    {"audience absent", [](Claims& c) { c.audiences.clear(); }, Reason::audience_mismatch},
    {"audience other", [](Claims& c) { c.audiences = {"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c22"}; },
     Reason::audience_mismatch},
    {"audience prefix", [](Claims& c) { c.audiences = {"othe"}; }, Reason::audience_mismatch},
    {"audience not a GUID keeps its case", [](Claims& c) { c.audiences = {"OTHER"}; },
     Reason::audience_mismatch},
    {"audience among several",
     [](Claims& c) {
       c.audiences = {"x", "other"};
     },
     {}},
    {"expiry absent", [](Claims& c) { c.expires_at.reset(); }, Reason::expiry_missing},
    {"expired within skew", [](Claims& c) { c.expires_at = kNow - 30s + 1us; }, {}},
    {"expired at skew", [](Claims& c) { c.expires_at = kNow - 30s; }, Reason::token_expired},
    {"expired a second past skew", [](Claims& c) { c.expires_at = kNow - 31s; }, Reason::token_expired},
    {"not before at skew", [](Claims& c) { c.not_before = kNow + 30s; }, {}},
    {"not before past skew", [](Claims& c) { c.not_before = kNow + 30s + 1us; }, Reason::token_not_yet_valid},
    {"not before absent", [](Claims& c) { c.not_before.reset(); }, {}},
    {"issued at skew", [](Claims& c) { c.issued_at = kNow + 30s; }, {}},
    {"issued past skew", [](Claims& c) { c.issued_at = kNow + 31s; }, Reason::issued_in_future},
    {"lifetime at bound", [](Claims& c) { c.expires_at = *c.issued_at + 330s; }, {}},
    {"lifetime past bound", [](Claims& c) { c.expires_at = *c.issued_at + 330s + 1us; },
     Reason::lifetime_too_long},
    {"a day", [](Claims& c) { c.expires_at = *c.issued_at + 24h; }, Reason::lifetime_too_long},
    {"lifetime from not before",
     [](Claims& c) {
       c.issued_at.reset();
       c.not_before = kNow - 24h;
     },
     Reason::lifetime_too_long},
    {"lifetime from now",
     [](Claims& c) {
       c.issued_at.reset();
       c.not_before.reset();
       c.expires_at = kNow + 331s;
     },
     Reason::lifetime_too_long},
    {"last minutes of an undated token",
     [](Claims& c) {
       c.issued_at.reset();
       c.not_before.reset();
     },
     {}},
};

TEST(Check, EveryRuleOnBothSidesOfItsEdge) {
  for (const Case& c : kCases) {
    Claims claims = good();
    c.change(claims);
    const auto checked = check(claims, rules(), kNow);
    EXPECT_EQ(checked ? std::optional<Reason>{} : checked.error().reason, c.reason) << c.name;
    bool all_hold = true;
    std::optional<Reason> first;
    for (const Finding& finding : examine(claims, rules(), kNow)) {
      all_hold = all_hold && finding.holds;
      if (!finding.holds && !first) first = finding.reason;
      EXPECT_FALSE(finding.expected.empty() || finding.found.empty()) << c.name << finding.name;
      if (finding.margin_seconds && *finding.margin_seconds != 0) {
        EXPECT_EQ(finding.holds, *finding.margin_seconds > 0) << c.name << finding.name;
      }
    }
    EXPECT_EQ(all_hold, !c.reason) << c.name;
    EXPECT_EQ(first, c.reason) << c.name;
  }
}

TEST(Check, IssuedAtCanBeRequired) {
  Rules strict = rules();
  strict.require_issued_at = true;
  Claims claims = good();
  EXPECT_TRUE(check(claims, strict, kNow));
  claims.issued_at.reset();
  EXPECT_EQ(check(claims, strict, kNow).error().reason, Reason::claim_mismatch);
  EXPECT_TRUE(check(claims, rules(), kNow));
}

TEST(Check, RulesThatNameNobodyLetNobodyIn) {
  Claims claims = good();
  claims.issuer = "";
  claims.audiences = {""};
  EXPECT_EQ(check(claims, Rules{}, kNow).error().reason, Reason::issuer_mismatch);
  claims.issuer = "https://issuer.test";
  EXPECT_EQ(check(claims, Rules{.issuer = "https://issuer.test"}, kNow).error().reason,
            Reason::audience_mismatch);
}

TEST(Audience, GuidsCompareWithoutCase) {
  EXPECT_TRUE(is_guid("5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"));
  EXPECT_FALSE(is_guid("5d0c7e14-92ab-4c3f-a1d8-e67b30f59c2"));
  EXPECT_FALSE(is_guid("5d0c7e14-92ab-4c3f-a1d8-e67b30f59c2g"));
  EXPECT_FALSE(is_guid("5d0c7e14292ab-4c3f-a1d8-e67b30f59c21"));
  EXPECT_FALSE(same_audience("", "x"));
}

}  // namespace
}  // namespace callgate::policy
