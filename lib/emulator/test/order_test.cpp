// SPDX-License-Identifier: Apache-2.0
#include "order.hpp"

#include <gtest/gtest.h>

#include "duration.hpp"

namespace callgate::emulator {
namespace {

std::string call_order(const std::string& more) {
  return R"({"callback":"http://127.0.0.1:8080/api/callback?x=1","scenario":"failed-call")" + more + "}";
}

template <class T>
std::string message_of(const base::Result<T>& result) {
  return result ? "(no error)" : result.error().message;
}

void expect_says(const std::string& message, std::string_view words) {
  EXPECT_NE(message.find(words), std::string::npos) << message;
}

TEST(CallOrder, ReadsEveryMember) {
  const auto order = parse_call_order(call_order(R"(,"calls":10000,"rate":2.5,"fault":"hs256-public-key")"));
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->callback.target, "/api/callback?x=1");
  EXPECT_EQ(order->scenario->name, "failed-call");
  EXPECT_EQ(order->calls, 10'000U);
  EXPECT_EQ(order->rate, 2.5);
  EXPECT_EQ(order->fault, Fault::hs256_public_key);
}

TEST(CallOrder, HasDefaults) {
  const auto order = parse_call_order(call_order(""));
  ASSERT_TRUE(order);
  EXPECT_EQ(order->calls, 1U);
  EXPECT_FALSE(order->rate);
  EXPECT_EQ(order->fault, Fault::none);
}

TEST(CallOrder, SaysWhatIsKnown) {
  expect_says(message_of(parse_call_order(call_order(R"(,"count":1)"))),
              "'count' is not known; known are 'callback', 'scenario', 'calls', 'rate', 'fault'");
  expect_says(message_of(parse_call_order(call_order(R"(,"fault":"no-such")"))), "none, expired, early");
  expect_says(message_of(parse_call_order(call_order(R"(,"fault":"no-such")"))),
              "no-token, replay-body, duplicate");
  expect_says(message_of(parse_call_order(R"({"callback":"http://h/","scenario":"outbound"})")),
              known_scenarios());
  expect_says(message_of(parse_call_order(R"({"callback":"https://h/","scenario":"failed-call"})")), "https");
}

TEST(CallOrder, NeedsNothingButTheCallback) {
  const auto order = parse_call_order(R"({"callback":"http://h/"})");
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->scenario->name, "inbound-ivr");
}

TEST(CallOrder, RefusesWrongTypesAndOneStepPastTheBounds) {
  for (const char* more : {R"(,"calls":0)", R"(,"calls":10001)", R"(,"calls":1.5)", R"(,"calls":"1")",
                           R"(,"rate":0)", R"(,"rate":-1)", R"(,"rate":1000.1)", R"(,"rate":null)",
                           R"(,"fault":1)", R"(,"fault":"")", R"(,"callback":"http://h/")"}) {
    EXPECT_FALSE(parse_call_order(call_order(more))) << more;
  }
  for (const char* body : {"", "{}", "[]", "x", R"({"scenario":"failed-call"})",
                           R"({"callback":"ftp://h/","scenario":"failed-call"})"}) {
    EXPECT_FALSE(parse_call_order(body)) << body;
  }
}

TEST(TokenOrder, KeepsGivenMembersAsText) {
  const auto order = parse_token_order(
      R"({"fault":"early","claims":{"exp":1e3,"s\u0075b":"\u0041","iat":null},"header":{}})");
  ASSERT_TRUE(order) << order.error().message;
  EXPECT_EQ(order->fault, Fault::early);
  EXPECT_EQ(order->claims.text(), R"({"exp":1e3,"sub":"\u0041","iat":null})");
  EXPECT_TRUE(order->header.empty());
}

TEST(TokenOrder, EmptyBodyAsksForAGoodToken) {
  const auto order = parse_token_order("");
  ASSERT_TRUE(order);
  EXPECT_EQ(order->fault, Fault::none);
}

TEST(TokenOrder, RefusesWhatATokenCannotHave) {
  const std::string message = message_of(parse_token_order(R"({"fault":"no-token"})"));
  expect_says(message, "long-lifetime");
  EXPECT_EQ(message.find("no-token"), std::string::npos) << message;
  for (const char* body : {R"({"claims":[]})", R"({"claims":{"a":1,"a":2}})", R"({"header":"x"})",
                           R"({"token":"x"})", R"({"fault":"garbage-token","claims":{"a":1}})"}) {
    EXPECT_FALSE(parse_token_order(body)) << body;
  }
}

TEST(KeyFaultOrder, ReadsEveryMode) {
  for (const char* mode : {"ok", "down", "slow", "garbage", "html", "empty", "huge"}) {
    const auto fault = parse_key_fault_order(std::string(R"({"mode":")") + mode + "\"}");
    ASSERT_TRUE(fault) << mode;
    EXPECT_EQ(to_text(*fault), mode);
  }
  expect_says(message_of(parse_key_fault_order(R"({"mode":"off"})")),
              "ok, down, slow, garbage, html, empty, huge");
  expect_says(message_of(parse_key_fault_order("")), "'mode' is missing");
}

TEST(RotateOrder, TakesNothing) {
  EXPECT_TRUE(parse_rotate_order(""));
  EXPECT_TRUE(parse_rotate_order("{}"));
  EXPECT_FALSE(parse_rotate_order(R"({"a":1})"));
}

TEST(Fault, TextsAndExpectationsAreOneTable) {
  EXPECT_EQ(parse_fault("wrong-key"), Fault::wrong_key);
  EXPECT_FALSE(parse_fault("wrong_key"));
  EXPECT_EQ(expected_reason(Fault::wrong_key), refusal::Reason::signature_invalid);
  EXPECT_EQ(expected_reason(Fault::no_token), refusal::Reason::token_missing);
  EXPECT_EQ(expected_reason(Fault::replay_body), refusal::Reason::token_replayed);
  EXPECT_FALSE(expected_reason(Fault::duplicate));
  EXPECT_FALSE(is_token_fault(Fault::batch));
}

TEST(Duration, NeedsAUnit) {
  EXPECT_EQ(parse_duration("500ms"), std::chrono::milliseconds{500});
  EXPECT_EQ(parse_duration("60s"), std::chrono::seconds{60});
  EXPECT_EQ(parse_duration("5m"), std::chrono::minutes{5});
  EXPECT_EQ(parse_duration("12h"), std::chrono::hours{12});
  for (const char* text : {"", "60", "s", "-1s", "1.5s", "1 s", "1d", "99999999999s"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

}  // namespace
}  // namespace callgate::emulator
