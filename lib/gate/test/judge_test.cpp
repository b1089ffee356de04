// SPDX-License-Identifier: Apache-2.0
// The entries that others embed: one call for everything, and many tokens at once.
#include <gtest/gtest.h>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using refusal::Reason;

constexpr const char* kBody = R"([{"id":"1","source":"s","type":"t","specversion":"1.0"}])";

TEST(Judge, OneCallFromHeadToEvents) {
  const auto admitted = judge(bearer(token()), kBody, provider(), &keys(), kNow);
  ASSERT_TRUE(admitted) << admitted.error().detail;
  EXPECT_EQ(admitted->token.audience(), kAudience);
  EXPECT_EQ(admitted->batch.events.front().type, "t");
  EXPECT_EQ(judge(bearer(token()), "{}", provider(), &keys(), kNow).error().reason, Reason::event_malformed);
  EXPECT_EQ(judge({}, kBody, provider(), &keys(), kNow).error().reason, Reason::token_missing);
  EXPECT_EQ(judge(bearer(token()), kBody, provider(), nullptr, kNow).error().reason,
            Reason::keys_unavailable);
  const std::string stranger = token(claims(), R"({"alg":"RS256","kid":"key-2"})");
  EXPECT_EQ(judge(bearer(stranger), kBody, provider(), &keys(), kNow).error().reason, Reason::key_unknown);
}

TEST(JudgeTokens, ManyAtOnceGetTheSameVerdictsInTheSameOrder) {
  const std::vector<http::Headers> requests{bearer(token()),
                                            {},
                                            bearer(token(claims("https://evil.test"))),
                                            bearer(token(claims(), R"({"alg":"RS256","kid":"key-2"})")),
                                            bearer(token().substr(0, token().size() - 4) + "AAAA"),
                                            bearer(token())};
  std::vector<const http::Headers*> pointers;
  pointers.reserve(requests.size());
  for (const auto& headers : requests) pointers.push_back(&headers);
  const auto together = judge_tokens(pointers, provider(), &keys(), kNow);
  ASSERT_EQ(together.size(), requests.size());
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const TokenStep alone = judge_token(requests[i], provider(), &keys(), kNow);
    EXPECT_EQ(together[i].outcome.index(), alone.outcome.index()) << i;
    const auto* refused = std::get_if<refusal::Refusal>(&alone.outcome);
    if (refused != nullptr) {
      EXPECT_EQ(std::get<refusal::Refusal>(together[i].outcome).reason, refused->reason) << i;
    }
  }
  EXPECT_TRUE(judge_tokens({}, provider(), &keys(), kNow).empty());
}

TEST(Preset, CallAutomationIsReadyToUse) {
  const Provider acs = call_automation({kAudience});
  EXPECT_EQ(acs.rules.issuer, "https://acscallautomation.communication.azure.com");
  EXPECT_EQ(acs.algorithms.text(), "RS256");
  EXPECT_EQ(acs.rules.audiences.size(), 1U);
}

}  // namespace
}  // namespace callgate::gate
