// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/gate/explain.hpp>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using refusal::Reason;
using Result = Check::Result;

const Check& check_of(const Report& report, std::string_view name) {
  for (const Check& check : report.checks) {
    if (check.name == name) return check;
  }
  ADD_FAILURE() << "no check " << name;
  return report.checks.front();
}

TEST(Explain, AGenuineTokenPassesEveryCheckWithItsMargins) {
  for (const std::string& text : {token(), "Bearer " + token(), "  bearer   " + token() + "\n"}) {
    const Report report =
        explain(text, provider(), &keys(), kNow, R"({"id":"1","source":"s","type":"t","specversion":"1.0"})");
    EXPECT_EQ(report.decision, Decision::admit) << report.likely_cause;
    EXPECT_TRUE(report.claims_are_verified);
    for (const Check& check : report.checks) EXPECT_EQ(check.result, Result::pass) << check.name;
    EXPECT_EQ(check_of(report, "expiry").margin_seconds, 320.0);
    EXPECT_EQ(check_of(report, "body").found, "1 event");
  }
}

TEST(Explain, FirstFailureIsTheReasonOfTheColumn) {
  const auto stranger = *mint::SigningKey::generate_rsa(2048, "key-1");
  const std::string issuer = "https://issuer.test";
  const struct {
    std::string text;
    Reason reason;
    const char* cause;
  } cases[] = {
      {"", Reason::token_malformed, "no token"},
      {"abc", Reason::token_malformed, "1 segments"},
      {token().substr(0, 60), Reason::token_malformed, "segments"},
      {"a.b.c.d.e", Reason::token_malformed, "encrypted"},
      {token() + "=", Reason::token_malformed, "padding"},
      {token(claims(), R"({"alg":"none","kid":"key-1"})"), Reason::algorithm_not_allowed, "unsigned"},
      {token(claims(), R"({"alg":"RS256","kid":"key-1","typ":"at+jwt"})"), Reason::token_type_unexpected,
       "another kind"},
      {token(claims(), R"({"alg":"RS256","kid":"key-1","crit":["exp"]})"),
       Reason::critical_header_unsupported, "extension"},
      {token(claims(), R"({"alg":"RS256","kid":"key-9"})"), Reason::key_unknown, "rotated"},
      {token(claims(), R"({"alg":"RS256","kid":"key-1"})", stranger), Reason::signature_invalid, "changed"},
      {token(claims(issuer + "/")), Reason::issuer_mismatch, "trailing slash"},
      {token(claims("https://sts.windows.net/x/")), Reason::issuer_mismatch, "Entra"},
      {token(claims(issuer, "other")), Reason::audience_mismatch, "another resource"},
      {token(claims(issuer, kAudience, kNowSeconds - 394)), Reason::token_expired, "94 s ahead"},
      {token(claims(issuer, kAudience, kNowSeconds - 100'000)), Reason::token_expired, "old"},
      {token(claims(issuer, kAudience, kNowSeconds + 94)), Reason::token_not_yet_valid,
       "your clock is 94 s behind"},
      {token(claims(issuer, kAudience, kNowSeconds, 86400)), Reason::lifetime_too_long, "WebSocket"},
      {token(R"({"iss":"https://issuer.test","aud":")" + std::string(kAudience) + R"(","exp":"soon"})"),
       Reason::claims_malformed, "claims"},
  };
  for (const auto& c : cases) {
    const Report report = explain(c.text, provider(), &keys(), kNow);
    EXPECT_EQ(report.reason, c.reason) << c.cause << refusal::to_text(*report.reason);
    EXPECT_NE(report.likely_cause.find(c.cause), std::string::npos) << report.likely_cause;
    EXPECT_FALSE(report.what_to_do.empty());
    for (const Check& check : report.checks) {
      EXPECT_LT(check.found.size(), 220U) << check.name;
      if (c.text.size() < 40) continue;
      EXPECT_EQ(check.found.find(c.text.substr(c.text.size() - 30)), std::string::npos) << "prints the token";
    }
  }
}

TEST(Explain, AnArmPathAsAudienceIsNamed) {
  Provider arm = provider();
  arm.rules.audiences = {
      "/subscriptions/x/resourceGroups/y/providers/Microsoft.Communication/CommunicationServices/z"};
  EXPECT_NE(explain(token(), arm, &keys(), kNow).likely_cause.find("ARM path"), std::string::npos);
}

TEST(Explain, ALongLifeIsCountedFromTheOneTimeThatIsGiven) {
  const std::string text = R"({"iss":"https://issuer.test","aud":")" + std::string(kAudience) + R"(",)";
  const std::string now = std::to_string(kNowSeconds), day_later = std::to_string(kNowSeconds + 86400);
  for (const std::string name : {"iat", "nbf"}) {
    const Report report = explain(token(text + "\"" + name + "\":" + now + R"(,"exp":)" + day_later + "}"),
                                  provider(), &keys(), kNow);
    EXPECT_EQ(report.reason, Reason::lifetime_too_long);
    EXPECT_NE(report.likely_cause.find("WebSocket"), std::string::npos)
        << name << ": " << report.likely_cause;
  }
}

TEST(Explain, ChecksBehindTheFirstFailureAreShownToo) {
  const Report report =
      explain(token(claims("https://evil.test", "other", kNowSeconds - 1000)), provider(), nullptr, kNow);
  EXPECT_EQ(report.reason, Reason::keys_unavailable);
  EXPECT_EQ(report.decision, Decision::retry_later);
  EXPECT_FALSE(report.claims_are_verified);
  EXPECT_EQ(check_of(report, "signature").result, Result::not_checked);
  EXPECT_EQ(check_of(report, "issuer").result, Result::fail);
  EXPECT_EQ(check_of(report, "audience").result, Result::fail);
  EXPECT_EQ(check_of(report, "expiry").margin_seconds, -670.0);
}

TEST(Explain, ABoundBodyIsComparedWithItsClaim) {
  Provider bound = provider();
  bound.rules.body_digest = "request_body_sha256";
  // printf '{"id":"1","source":"s","type":"t","specversion":"1.0"}' | sha256sum
  const std::string body = R"({"id":"1","source":"s","type":"t","specversion":"1.0"})";
  std::string text = claims();
  text.insert(text.size() - 1,
              R"(,"request_body_sha256":"2c405b0411a7ed0a98e5b73fbbd7e6d2c3f8c3d699d0718880ba68d9adb8ede4")");
  EXPECT_EQ(explain(token(text), bound, &keys(), kNow, body).decision, Decision::admit);
  const Report other = explain(token(text), bound, &keys(), kNow, body + " ");
  EXPECT_EQ(other.reason, Reason::claim_mismatch);
  EXPECT_EQ(check_of(other, "body digest").result, Result::fail);
}

TEST(Explain, ABadBodyIsTheReasonOnlyWhenTheTokenHolds) {
  EXPECT_EQ(explain(token(), provider(), &keys(), kNow, "{}").reason, Reason::event_malformed);
  EXPECT_EQ(explain("x", provider(), &keys(), kNow, "{}").reason, Reason::token_malformed);
}

}  // namespace
}  // namespace callgate::gate
