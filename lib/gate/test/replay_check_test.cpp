// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/gate/replay_check.hpp>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using namespace std::chrono_literals;

constexpr const char* kEvent =
    R"({"specversion":"1.0","id":"1","source":"s","type":"t","data":{"callConnectionId":"c"}})";

Admitted admitted(const http::Headers& headers, std::string_view body = kEvent) {
  auto judged = judge(headers, body, provider(), &keys(), kNow);
  if (!judged) ADD_FAILURE() << judged.error().detail;
  return std::move(*judged);
}

std::string claims_without_id() {
  return R"({"iss":"https://issuer.test","aud":")" + std::string(kAudience) + R"(","exp":)" +
         std::to_string(kNowSeconds + 200) + "}";
}

replay::Use use_of(const http::Headers& headers, std::string_view body = kEvent,
                   const ReplayTerms& terms = {.route = "/r"}) {
  const Admitted held = admitted(headers, body);
  auto use = replay_use(held.token, provider(), headers, held.batch, body, terms);
  if (!use) ADD_FAILURE() << use.error().detail;
  return *use;
}

TEST(ReplayCheck, AutomaticGoesByTheSenderAndTheToken) {
  const ProvenToken with = admitted(bearer(token())).token;
  const ProvenToken without = admitted(bearer(token(claims_without_id()))).token;
  Provider one = provider();
  one.one_token_per_event = true;
  struct Case {
    ReplayRule rule;
    const Provider& provider;
    const ProvenToken& token;
    std::optional<replay::Mode> expected;
  };
  const Provider many = provider();
  const Case cases[] = {
      {ReplayRule::automatic, one, with, replay::Mode::enforce},
      {ReplayRule::automatic, one, without, replay::Mode::observe},
      {ReplayRule::automatic, many, with, std::nullopt},
      {ReplayRule::enforce, many, without, replay::Mode::enforce},
      {ReplayRule::observe, one, with, replay::Mode::observe},
      {ReplayRule::off, one, with, std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(replay_mode(c.rule, c.provider, c.token), c.expected);
}

TEST(ReplayCheck, PresetsKnowWhoMakesOneTokenForEachEvent) {
  EXPECT_TRUE(call_automation({kAudience}).one_token_per_event);
  EXPECT_FALSE(event_grid("t", {kAudience}).one_token_per_event);
}

TEST(ReplayCheck, TheTokenIsItsSignedTextAndTheBodyItsRouteToo) {
  const std::string text = token();
  const replay::Use use = use_of(bearer(text));
  EXPECT_EQ(use_of(bearer(text)).token, use.token);
  EXPECT_EQ(use_of(bearer(text)).body, use.body);
  EXPECT_EQ(use_of({{"authorization", "bEARER   " + text}}).token, use.token)
      << "the scheme is no part of it";
  EXPECT_FALSE(use_of(bearer(token(claims("https://issuer.test", kAudience, kNowSeconds - 11)))).token ==
               use.token);
  EXPECT_FALSE(use_of(bearer(text), std::string(kEvent) + " ").body == use.body);
  EXPECT_FALSE(use_of(bearer(text), kEvent, {.route = "/other"}).body == use.body);
}

TEST(ReplayCheck, AnEventInFieldsIsPartOfTheBody) {
  const auto binary = [](const char* id, bool turned) {
    http::Headers headers = bearer(token());
    const auto add = [&](int which) {
      if (which == 0) headers.add("ce-id", id);
      if (which == 1) headers.add("ce-specversion", "1.0");
      if (which == 2) headers.add("ce-type", "t");
      if (which == 3) headers.add("ce-source", "s");
    };
    for (int i = 0; i < 4; ++i) add(turned ? 3 - i : i);
    headers.add("Content-Type", "application/json");
    return headers;
  };
  const replay::Use use = use_of(binary("1", false), "{}");
  EXPECT_EQ(use_of(binary("1", true), "{}").body, use.body) << "the order of fields is nobody's word";
  EXPECT_FALSE(use_of(binary("2", false), "{}").body == use.body);
  http::Headers structured = bearer(token());
  structured.add("ce-id", "1");
  EXPECT_EQ(use_of(bearer(token())).body, use_of(bearer(token())).body);
}

TEST(ReplayCheck, IsRememberedUntilNoRequestWithItCanBeJudgedWell) {
  const replay::Use use =
      use_of(bearer(token()), kEvent,
             {.mode = replay::Mode::observe, .route = "/r", .lease = 20s, .longest_way = 52s});
  EXPECT_EQ(use.forget_after, kNow + 290s + 30s + 52s) << "expiry, skew, and the longest way";
  EXPECT_EQ(use.made_at, kNow - 10s);
  EXPECT_EQ(use.lease, 20s);
  EXPECT_EQ(use.mode, replay::Mode::observe);
  EXPECT_EQ(use_of(bearer(token(claims_without_id()))).made_at, std::nullopt);
}

}  // namespace
}  // namespace callgate::gate
