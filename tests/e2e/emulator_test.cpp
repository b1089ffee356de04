// SPDX-License-Identifier: Apache-2.0
// callgate-emulator against the gateway: every fault gets the verdict that the emulator expects.
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

class Emulator : public testing::Test {
 protected:
  void SetUp() override {
    const auto line = emulator_.wait_for_line("callgate-emulator ready ");
    ASSERT_TRUE(line) << emulator_.errors();
    address_ = value_of(*line, "listen");
    url_ = "http://" + address_;
    gateway_.emplace(url_);
    ASSERT_EQ(value_of(*line, "audience"), kAudience);
    ASSERT_FALSE(value_of(*line, "access-key").empty());
    ASSERT_TRUE(gateway_->becomes_ready());
  }
  Answer call(const std::string& scenario, const std::string& fault) {
    const std::string body = R"({"callback":"http://)" + gateway_->address() + kPath + R"(","scenario":")" +
                             scenario + R"(","fault":")" + fault + "\"}";
    return post(address_, "/emulator/calls", {}, body);
  }

  Process emulator_{CALLGATE_EMULATOR_PROGRAM, {"serve", "--listen", "127.0.0.1:0"}};
  std::string address_, url_;
  std::optional<Gateway> gateway_;
};

TEST_F(Emulator, EveryFaultGetsTheExpectedVerdict) {
  for (const char* fault :
       {"none", "expired", "early", "wrong-audience", "wrong-issuer", "wrong-key", "unknown-kid", "alg-none",
        "hs256-public-key", "garbage-token", "long-lifetime", "no-token", "batch", "duplicate", "reorder"}) {
    for (const char* scenario : {"failed-call", "inbound-ivr"}) {
      const Answer answer = call(scenario, fault);
      ASSERT_EQ(answer.status, 200) << fault << answer.body;
      const auto document = json::parse(answer.body);
      ASSERT_TRUE(document) << answer.body;
      EXPECT_EQ(document->root().find("not_as_expected")->as_integer(), 0) << fault << answer.body;
      EXPECT_GE(*document->root().find("as_expected")->as_integer(), 1) << fault;
      for (const json::Value& event : document->root().find("events")->elements()) {
        for (const char* member :
             {"call_id", "event_id", "type", "fault", "expected", "status", "reason", "milliseconds"}) {
          EXPECT_TRUE(event.find(member)) << member;
        }
      }
    }
  }
}

TEST_F(Emulator, TokensFromTheCommandLineAreWhatTheyShouldBe) {
  Process token(CALLGATE_EMULATOR_PROGRAM, {"token", "--emulator", url_});
  ASSERT_EQ(token.wait(), 0) << token.errors();
  std::string text = token.output();
  text.erase(text.find_last_not_of('\n') + 1);
  EXPECT_EQ(gateway_->callback(text, event_body()).status, 200);
  Process expired(CALLGATE_EMULATOR_PROGRAM, {"token", "--emulator", url_, "--fault", "expired"});
  ASSERT_EQ(expired.wait(), 0);
  text = expired.output();
  text.erase(text.find_last_not_of('\n') + 1);
  EXPECT_EQ(gateway_->callback(text, event_body()).reason(), "token_expired");
}

TEST_F(Emulator, CallsSurviveARotation) {
  Process rotate(CALLGATE_EMULATOR_PROGRAM, {"rotate", "--emulator", url_});
  EXPECT_EQ(rotate.wait(), 0) << rotate.errors();
  std::string kid = rotate.output();
  kid.erase(kid.find_last_not_of('\n') + 1);
  call("failed-call", "none");  // names the new key, which starts a refresh
  ASSERT_TRUE(gateway_->process().wait_for_error_text("+" + kid)) << kid;
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{10};
  bool admitted = false;
  while (!admitted && std::chrono::steady_clock::now() < deadline) {
    admitted =
        json::parse(call("failed-call", "none").body)->root().find("not_as_expected")->as_integer() == 0;
  }
  EXPECT_TRUE(admitted);
}

TEST_F(Emulator, TheCallVerbPrintsATableAndFailsOnSurprise) {
  Process fine(CALLGATE_EMULATOR_PROGRAM,
               {"call", "--emulator", url_, "--callback", "http://" + gateway_->address() + kPath,
                "--scenario", "inbound-ivr"});
  EXPECT_EQ(fine.wait(), 0) << fine.errors();
  EXPECT_NE(fine.output().find("CallConnected"), std::string::npos);
  Process surprise(CALLGATE_EMULATOR_PROGRAM,
                   {"call", "--emulator", url_, "--callback", "http://" + gateway_->admin() + "/livez",
                    "--scenario", "failed-call"});
  EXPECT_EQ(surprise.wait(), 1);
}

TEST_F(Emulator, StopsOnSigterm) {
  emulator_.signal(SIGTERM);
  EXPECT_EQ(emulator_.wait(), 0);
}

}  // namespace
}  // namespace callgate::e2e
