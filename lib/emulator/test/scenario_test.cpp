// SPDX-License-Identifier: Apache-2.0
#include "scenario.hpp"

#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include <vector>

#include "call_plan.hpp"
#include "fixed_clock.hpp"

namespace callgate::emulator {
namespace {

constexpr std::string_view kAudience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";

CallPlan planned(std::string_view scenario, Fault fault = Fault::none) {
  return plan_call(*find_scenario(scenario), fault, 143, kAudience, FixedClock().wall());
}

std::vector<std::string> names(const json::Value& object) {
  std::vector<std::string> out;
  for (const auto& member : object.members()) out.emplace_back(member.name);
  return out;
}

std::vector<std::string> types(const CallPlan& plan) {
  std::vector<std::string> out;
  for (const Event& event : plan.events) out.push_back(event.type.substr(event.type.rfind('.') + 1));
  return out;
}

json::Document document_of(const Event& event) {
  return std::move(json::parse(event.json).value());
}

TEST(Scenario, KnownOnesAreListed) {
  EXPECT_EQ(known_scenarios(), "inbound-ivr, failed-call");
  EXPECT_EQ(find_scenario("outbound"), nullptr);
  EXPECT_EQ(find_scenario(""), nullptr);
}

TEST(Scenario, EnvelopeHasTheRecordedMembersInTheirOrder) {
  for (const char* scenario : {"inbound-ivr", "failed-call"}) {
    const CallPlan plan = planned(scenario);
    const std::string source = "calling/callConnections/" + plan.call.connection_id;
    for (const Event& event : plan.events) {
      const auto document = document_of(event);
      const json::Value root = document.root();
      EXPECT_EQ(names(root), (std::vector<std::string>{"id", "source", "type", "data", "time", "specversion",
                                                       "datacontenttype", "subject"}));
      EXPECT_EQ(root.find("id")->as_string(), event.id);
      EXPECT_EQ(root.find("source")->as_string(), source);
      EXPECT_EQ(root.find("subject")->as_string(), source);
      EXPECT_EQ(root.find("type")->as_string(), event.type);
      EXPECT_TRUE(event.type.starts_with("Microsoft.Communication."));
      EXPECT_EQ(root.find("specversion")->as_string(), "1.0");
      EXPECT_EQ(root.find("datacontenttype")->as_string(), "application/json");
    }
  }
}

TEST(Scenario, DataCarriesTheCommonMembers) {
  const CallPlan plan = planned("inbound-ivr");
  for (const Event& event : plan.events) {
    const auto document = document_of(event);
    const json::Value data = *document.root().find("data");
    EXPECT_EQ(data.find("version")->as_string(), "2026-03-12");
    EXPECT_EQ(data.find("callConnectionId")->as_string(), plan.call.connection_id);
    EXPECT_EQ(data.find("serverCallId")->as_string(), plan.call.server_call_id);
    EXPECT_EQ(data.find("correlationId")->as_string(), plan.call.correlation_id);
    EXPECT_EQ(data.find("publicEventType")->as_string(), event.type);
    EXPECT_EQ(data.find("resultInformation")->find("code")->as_integer(), 200);
  }
  EXPECT_TRUE(plan.call.server_call_id.starts_with("aHR0cHM6Ly9"));  // "https://"
}

TEST(Scenario, InboundIvrTellsOneCall) {
  const CallPlan plan = planned("inbound-ivr");
  EXPECT_EQ(types(plan),
            (std::vector<std::string>{"CallConnected", "ParticipantsUpdated", "PlayStarted", "PlayCompleted",
                                      "RecognizeCompleted", "CallDisconnected"}));
  const auto roster = document_of(plan.events[1]);
  EXPECT_EQ(
      names(*roster.root().find("data")),
      (std::vector<std::string>{"participants", "sequenceNumber", "resultInformation", "version",
                                "callConnectionId", "serverCallId", "correlationId", "publicEventType"}));
  const auto participants = roster.root().find("data")->find("participants")->elements();
  EXPECT_EQ(participants.at(0).find("identifier")->find("phoneNumber")->find("value")->as_string(),
            "+12065550143");
  EXPECT_EQ(participants.at(1).find("identifier")->find("communicationUser")->find("id")->as_string(),
            plan.call.bot);
  const auto tones = document_of(plan.events[4]);
  EXPECT_EQ(names(*tones.root().find("data")),
            (std::vector<std::string>{"operationContext", "recognitionType", "dtmfResult",
                                      "resultInformation", "version", "callConnectionId", "serverCallId",
                                      "correlationId", "publicEventType"}));
  EXPECT_EQ(tones.root().find("data")->find("dtmfResult")->find("tones")->size(), 3U);
}

TEST(Scenario, FailedCallSaysWhy) {
  const CallPlan plan = planned("failed-call");
  ASSERT_EQ(types(plan), std::vector<std::string>{"CreateCallFailed"});
  const auto document = document_of(plan.events[0]);
  const auto result = document.root().find("data")->find("resultInformation");
  EXPECT_EQ(result->find("code")->as_integer(), 486);
  EXPECT_EQ(result->find("sipDetails")->find("code")->as_integer(), 486);
  EXPECT_EQ(result->find("q850Details")->find("code")->as_integer(), 17);
}

TEST(Scenario, PhoneNumbersAreFictional) {
  for (std::size_t ordinal = 0; ordinal < 250; ++ordinal) {
    const std::string caller = make_call(ordinal, kAudience).caller;
    EXPECT_TRUE(caller.starts_with("+120655501")) << caller;
    EXPECT_EQ(caller.size(), 12U) << caller;
  }
}

TEST(Scenario, TimesHaveSevenDigitsAndAnOffset) {
  const CallPlan plan = planned("inbound-ivr");
  const auto first = document_of(plan.events[0]);
  const auto second = document_of(plan.events[1]);
  EXPECT_EQ(first.root().find("time")->as_string(), "2026-09-30T08:15:42.1234560+00:00");
  EXPECT_EQ(second.root().find("time")->as_string(), "2026-09-30T08:15:42.1244560+00:00");
}

TEST(CallPlan, OnePostForEachEventInOrder) {
  const CallPlan plan = planned("inbound-ivr");
  ASSERT_EQ(plan.posts.size(), 6U);
  for (std::size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(plan.posts[i].events, std::vector<std::size_t>{i});
    EXPECT_EQ(plan.posts[i].token, Fault::none);
    EXPECT_FALSE(plan.posts[i].repeats_token);
    EXPECT_EQ(plan.body_of(plan.posts[i]), "[" + plan.events[i].json + "]");
  }
}

TEST(CallPlan, TokenFaultsAreOfEveryPost) {
  for (const Post& post : planned("inbound-ivr", Fault::expired).posts) EXPECT_EQ(post.token, Fault::expired);
  for (const Post& post : planned("inbound-ivr", Fault::no_token).posts) EXPECT_FALSE(post.token);
}

TEST(CallPlan, DuplicateSendsTheSameTwice) {
  const CallPlan plan = planned("inbound-ivr", Fault::duplicate);
  ASSERT_EQ(plan.posts.size(), 12U);
  for (std::size_t i = 0; i < 12; i += 2) {
    EXPECT_EQ(plan.posts[i].events, plan.posts[i + 1].events);
    EXPECT_FALSE(plan.posts[i].repeats_token);
    EXPECT_TRUE(plan.posts[i + 1].repeats_token);
  }
}

TEST(CallPlan, BatchIsOnePostAndReorderAnotherOrder) {
  const CallPlan batch = planned("inbound-ivr", Fault::batch);
  ASSERT_EQ(batch.posts.size(), 1U);
  const auto document = json::parse(batch.body_of(batch.posts[0]));
  EXPECT_EQ(document->root().size(), 6U);
  const CallPlan reorder = planned("inbound-ivr", Fault::reorder);
  ASSERT_EQ(reorder.posts.size(), 6U);
  EXPECT_EQ(reorder.posts.front().events, std::vector<std::size_t>{5});
  EXPECT_EQ(reorder.posts.back().events, std::vector<std::size_t>{0});
}

}  // namespace
}  // namespace callgate::emulator
