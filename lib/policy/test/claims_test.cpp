// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/policy/claims.hpp>

namespace callgate::policy {
namespace {

using namespace std::chrono_literals;

base::WallTime at(double seconds) {
  return base::WallTime{std::chrono::microseconds{static_cast<std::int64_t>(seconds * 1e6)}};
}

TEST(Claims, ReadsWhatRulesUse) {
  const auto claims = read_unverified_claims(
      R"({"iss":"i","aud":["a","b"],"exp":1800000000.5,"nbf":18e8,"iat":0,"jti":"j","sub":"s","other":{"x":[1e999]}})");
  ASSERT_TRUE(claims) << claims.error().detail;
  EXPECT_EQ(claims->issuer, "i");
  EXPECT_EQ(claims->audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(claims->expires_at, at(1800000000.5));
  EXPECT_EQ(claims->not_before, at(1800000000));
  EXPECT_EQ(claims->issued_at, at(0));
  EXPECT_EQ(claims->id, "j");
  EXPECT_EQ(claims->subject, "s");
}

TEST(Claims, AbsentIsAbsent) {
  const auto claims = read_unverified_claims("{}");
  ASSERT_TRUE(claims);
  EXPECT_FALSE(claims->issuer || claims->expires_at || claims->not_before || claims->issued_at || claims->id);
  EXPECT_TRUE(claims->audiences.empty());
  EXPECT_EQ(read_unverified_claims(R"({"aud":"x"})")->audiences.size(), 1U);
  EXPECT_EQ(read_unverified_claims(R"({"aud":[]})")->audiences.size(), 0U);
}

TEST(Claims, WrongTypesAndRangesAreNeverAbsent) {
  for (const char* text : {"",
                           "[]",
                           "1",
                           "{",
                           R"({"exp":"1800000000"})",
                           R"({"exp":null})",
                           R"({"exp":true})",
                           R"({"exp":[1800000000]})",
                           R"({"exp":{}})",
                           R"({"exp":1e309})",
                           R"({"exp":-1})",
                           R"({"exp":253402300800})",
                           R"({"exp":9223372036854775808000})",
                           R"({"nbf":"0"})",
                           R"({"iat":false})",
                           R"({"iss":1})",
                           R"({"iss":["i"]})",
                           R"({"iss":null})",
                           R"({"aud":1})",
                           R"({"aud":{}})",
                           R"({"aud":null})",
                           R"({"aud":["a",1]})",
                           R"({"aud":[["a"]]})",
                           R"({"jti":1})",
                           R"({"sub":{}})",
                           R"({"exp":1,"exp":2})",
                           R"({"x":{"y":1,"y":2}})",
                           "{\"x\":\"\xFF\"}"}) {
    const auto claims = read_unverified_claims(text);
    ASSERT_FALSE(claims) << text;
    EXPECT_EQ(claims.error().reason, refusal::Reason::claims_malformed) << text;
  }
  EXPECT_TRUE(read_unverified_claims(R"({"exp":253402300799})"));
  EXPECT_TRUE(read_unverified_claims(R"({"exp":-0})"));
}

}  // namespace
}  // namespace callgate::policy
