// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/policy/preset.hpp>

namespace callgate::policy {
namespace {

using refusal::Reason;

constexpr base::WallTime kNow{std::chrono::seconds{1'800'000'000}};
constexpr const char* kTenant = "11111111-2222-4333-8444-555555555555";

std::string entra_claims(const std::string& issuer, const std::string& more) {
  return R"({"iss":")" + issuer + R"(","aud":"api://hook","iat":1799999990,"exp":1800003590,)" + more + "}";
}

std::optional<Reason> judged(const Rules& rules, const std::string& text) {
  const auto claims = read_unverified_claims(text, rules.further_claims());
  if (!claims) return claims.error().reason;
  const auto checked = check(*claims, rules, kNow);
  return checked ? std::optional<Reason>{} : checked.error().reason;
}

TEST(EventGrid, TakesEntraTokensOfBothVersionsFromEventGridAlone) {
  Rules rules = event_grid(kTenant).rules;
  rules.audiences = {"api://hook"};
  const std::string tenant = R"("tid":")" + std::string(kTenant) + "\"";
  const std::string role = R"("roles":["Other","AzureEventGridSecureWebhookSubscriber"])";
  const std::string v1 = "https://sts.windows.net/" + std::string(kTenant) + "/";
  const std::string v2 = "https://login.microsoftonline.com/" + std::string(kTenant) + "/v2.0";
  const std::string app = R"("4962773b-9cdb-44cf-a8bf-237846a00ab7")";
  const struct {
    const char* name;
    std::string claims;
    std::optional<Reason> reason;
  } cases[] = {
      {"version 1", entra_claims(v1, tenant + "," + role + R"(,"appid":)" + app), {}},
      {"version 2", entra_claims(v2, tenant + "," + role + R"(,"azp":)" + app), {}},
      {"other tenant's issuer", entra_claims("https://sts.windows.net/x/", tenant), Reason::issuer_mismatch},
      {"other tenant", entra_claims(v2, R"("tid":"x",)" + role + R"(,"azp":)" + app), Reason::claim_mismatch},
      {"other application", entra_claims(v2, tenant + "," + role + R"(,"azp":"x")"), Reason::claim_mismatch},
      {"no application", entra_claims(v2, tenant + "," + role), Reason::claim_mismatch},
      {"no role", entra_claims(v2, tenant + R"(,"azp":)" + app), Reason::claim_mismatch},
      {"role as prefix", entra_claims(v2, tenant + R"(,"roles":"AzureEventGrid","azp":)" + app),
       Reason::claim_mismatch},
      {"roles empty", entra_claims(v2, tenant + R"(,"roles":[],"azp":)" + app), Reason::claim_mismatch},
      {"roles of another type", entra_claims(v2, tenant + R"(,"roles":{"a":1},"azp":)" + app),
       Reason::claims_malformed},
  };
  for (const auto& c : cases) EXPECT_EQ(judged(rules, c.claims), c.reason) << c.name;
}

TEST(EventGrid, ExamineNamesTheClaimThatIsMissing) {
  Rules rules = event_grid(kTenant).rules;
  rules.audiences = {"api://hook"};
  const auto claims = read_unverified_claims(entra_claims("x", R"("tid":"wrong")"), rules.further_claims());
  const auto findings = examine(*claims, rules, kNow);
  EXPECT_EQ(findings.back().name, "required claims");
  EXPECT_EQ(findings.back().expected, "tid with " + std::string(kTenant));
  EXPECT_EQ(findings.back().found, "wrong");
  rules.required.erase(rules.required.begin());
  EXPECT_EQ(examine(*claims, rules, kNow).back().found, "absent");
}

TEST(Generic, FollowsTheStandardPath) {
  EXPECT_EQ(generic("https://issuer.test").discovery, "https://issuer.test/.well-known/openid-configuration");
  EXPECT_EQ(generic("https://issuer.test/").discovery,
            "https://issuer.test/.well-known/openid-configuration");
  EXPECT_EQ(generic("https://issuer.test").algorithms.text(), "RS256, PS256, ES256, EdDSA");
}

TEST(BodyDigest, BindsTheBodyToTheToken) {
  // printf '{"a":1}' | sha256sum
  const std::string digest = "015abd7f5cc57a2dd94b7590f04ad8084273905ee33ec5cebeae62276a97f862";
  for (const char* name : {"request_body_sha256", "payload_hash"}) {
    Rules rules{.issuer = "i", .body_digest = name};
    const auto with = [&](const std::string& value) {
      return *read_unverified_claims("{\"" + std::string(name) + "\":" + value + "}", rules.further_claims());
    };
    EXPECT_TRUE(check_body(with("\"" + digest + "\""), rules, "{\"a\":1}"));
    std::string upper = digest;
    for (char& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
    EXPECT_TRUE(check_body(with("\"" + upper + "\""), rules, "{\"a\":1}"));
    EXPECT_EQ(check_body(with("\"" + digest + "\""), rules, "{\"a\":2}").error().reason,
              Reason::claim_mismatch);
    EXPECT_FALSE(check_body(with("\"" + digest.substr(1) + "\""), rules, "{\"a\":1}"));
    EXPECT_FALSE(check_body(with("\"\""), rules, "{\"a\":1}"));
    EXPECT_FALSE(check_body(with("[\"" + digest + "\",\"" + digest + "\"]"), rules, "{\"a\":1}"));
    EXPECT_FALSE(check_body(*read_unverified_claims("{}", rules.further_claims()), rules, "{\"a\":1}"));
  }
  EXPECT_TRUE(check_body(Claims{}, Rules{}, "anything")) << "not bound";
}

}  // namespace
}  // namespace callgate::policy
