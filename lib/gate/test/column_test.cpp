// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/gate/column.hpp>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using refusal::Reason;

std::optional<Reason> reason_of(const TokenStep& step) {
  if (std::holds_alternative<ProvenToken>(step.outcome)) return std::nullopt;
  if (const auto* needs = std::get_if<NeedsKeys>(&step.outcome)) return needs->otherwise.reason;
  return std::get<refusal::Refusal>(step.outcome).reason;
}

TEST(Column, AdmitsAGenuineToken) {
  const TokenStep step = judge_token(bearer(token()), provider(), &keys(), kNow);
  ASSERT_EQ(reason_of(step), std::nullopt);
  const auto& proven = std::get<ProvenToken>(step.outcome);
  EXPECT_EQ(proven.kid(), "key-1");
  EXPECT_EQ(proven.claims().id, "j1");
  EXPECT_EQ(step.unverified_kid, "key-1");
}

TEST(Column, RefusesEverythingElseInTheOrderOfCost) {
  const auto stranger = *mint::SigningKey::generate_rsa(2048, "key-1");
  const struct {
    const char* name;
    http::Headers headers;
    Reason reason;
  } cases[] = {
      {"no header", {}, Reason::token_missing},
      {"basic", {{"Authorization", "Basic x"}}, Reason::scheme_unsupported},
      {"garbage", bearer("garbage"), Reason::token_malformed},
      {"one byte over", bearer(std::string(16 * 1024 + 1, 'a')), Reason::token_too_large},
      {"none", bearer(token(claims(), R"({"alg":"none","kid":"key-1"})")), Reason::algorithm_not_allowed},
      {"HMAC with the public key",
       bearer(
           mint::sign_token_hs256(signing_key().public_pem(), R"({"alg":"HS256","kid":"key-1"})", claims())),
       Reason::algorithm_not_allowed},
      {"another row", bearer(token(claims(), R"({"alg":"RS512","kid":"key-1"})")),
       Reason::algorithm_not_allowed},
      {"unknown kid", bearer(token(claims(), R"({"alg":"RS256","kid":"key-2"})")), Reason::key_unknown},
      {"kid in other case", bearer(token(claims(), R"({"alg":"RS256","kid":"KEY-1"})")), Reason::key_unknown},
      {"kid as a path", bearer(token(claims(), R"({"alg":"RS256","kid":"../../dev/null"})")),
       Reason::key_unknown},
      {"another key", bearer(token(claims(), R"({"alg":"RS256","kid":"key-1"})", stranger)),
       Reason::signature_invalid},
      {"wrong signature beats wrong claims",
       bearer(token(claims("https://evil.test"), R"({"alg":"RS256","kid":"key-1"})", stranger)),
       Reason::signature_invalid},
      {"claims not an object", bearer(token("[]")), Reason::claims_malformed},
      {"duplicate claim", bearer(token(R"({"iss":"a","iss":"https://issuer.test"})")),
       Reason::claims_malformed},
      {"issuer", bearer(token(claims("https://evil.test"))), Reason::issuer_mismatch},
      {"audience", bearer(token(claims("https://issuer.test", "other"))), Reason::audience_mismatch},
      {"expired", bearer(token(claims("https://issuer.test", kAudience, kNowSeconds - 331))),
       Reason::token_expired},
      {"a day", bearer(token(claims("https://issuer.test", kAudience, kNowSeconds, 86400))),
       Reason::lifetime_too_long},
  };
  for (const auto& c : cases)
    EXPECT_EQ(reason_of(judge_token(c.headers, provider(), &keys(), kNow)), c.reason) << c.name;
}

TEST(Column, WithoutKeysOnlyAWellFormedTokenAsksForAnotherTry) {
  EXPECT_EQ(reason_of(judge_token(bearer(token()), provider(), nullptr, kNow)), Reason::keys_unavailable);
  EXPECT_EQ(reason_of(judge_token({}, provider(), nullptr, kNow)), Reason::token_missing);
  EXPECT_EQ(reason_of(judge_token(bearer("a.b.c"), provider(), nullptr, kNow)), Reason::token_malformed);
}

TEST(Column, AnUnknownKidAsksForKeys) {
  const TokenStep step =
      judge_token(bearer(token(claims(), R"({"alg":"RS256","kid":"key-2"})")), provider(), &keys(), kNow);
  EXPECT_TRUE(std::holds_alternative<NeedsKeys>(step.outcome));
  EXPECT_EQ(step.unverified_kid, "key-2");
}

TEST(Column, ExpiryIsJudgedToTheSecond) {
  const std::int64_t last = kNowSeconds - 329;  // expires at now - 29 s, skew 30 s
  EXPECT_EQ(reason_of(judge_token(bearer(token(claims("https://issuer.test", kAudience, last))), provider(),
                                  &keys(), kNow)),
            std::nullopt);
  EXPECT_EQ(reason_of(judge_token(bearer(token(claims("https://issuer.test", kAudience, last - 1))),
                                  provider(), &keys(), kNow)),
            Reason::token_expired);
}

TEST(Column, BodyIsJudgedAfterTheToken) {
  const TokenStep step = judge_token(bearer(token()), provider(), &keys(), kNow);
  const auto& proven = std::get<ProvenToken>(step.outcome);
  EXPECT_EQ(judge_body(proven, provider(), {{"Content-Type", "text/plain"}}, "").error().reason,
            Reason::content_type_unsupported);
  EXPECT_EQ(judge_body(proven, provider(), {}, "{}").error().reason, Reason::event_malformed);
  EXPECT_TRUE(
      judge_body(proven, provider(), {}, R"([{"id":"1","source":"s","type":"t","specversion":"1.0"}])"));
}

TEST(Column, ABodyThatTheTokenDoesNotBindIsRefused) {
  Provider bound = provider();
  bound.rules.body_digest = "payload_hash";
  const std::string body = R"([{"id":"1","source":"s","type":"t","specversion":"1.0"}])";
  const std::string digest =
      "b63ba73ce5b7ba2b4b2e6dea1c7c6d6a4f5d4b5cbb6d2b2f3f7c9a6ee3b0c442";  // of another text
  std::string text = claims();
  text.insert(text.size() - 1, R"(,"payload_hash":")" + digest + "\"");
  EXPECT_EQ(judge(bearer(token(text)), body, bound, &keys(), kNow).error().reason, Reason::claim_mismatch);
  EXPECT_EQ(judge(bearer(token()), body, bound, &keys(), kNow).error().reason, Reason::claim_mismatch);
}

TEST(Decision, OurOwnTroubleIsNeverTheSendersFault) {
  EXPECT_EQ(decision_of(Reason::keys_unavailable), Decision::retry_later);
  EXPECT_EQ(decision_of(Reason::upstream_timeout), Decision::retry_later);
  EXPECT_EQ(decision_of(Reason::key_unknown), Decision::refuse);
  EXPECT_EQ(decision_of(Reason::event_malformed), Decision::refuse);
}

TEST(Decision, HasAWordForEach) {
  EXPECT_EQ(to_text(Decision::admit), "admit");
  EXPECT_EQ(to_text(Decision::refuse), "refuse");
  EXPECT_EQ(to_text(Decision::retry_later), "retry_later");
}

}  // namespace
}  // namespace callgate::gate
