// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/delivery/accept.hpp>
#include <callgate/delivery/identity.hpp>
#include <regex>
#include <set>

namespace callgate::delivery {
namespace {

events::Event event_of(std::string connection, std::string context = "", std::string id = "1",
                       std::string source = "s") {
  events::Event event;
  event.id = std::move(id);
  event.source = std::move(source);
  event.type = "t";
  event.call_connection_id = std::move(connection);
  event.incoming_call_context = std::move(context);
  return event;
}

TEST(CallOf, IsTheConnectionElseTheContextElseTheEventAlone) {
  EXPECT_EQ(call_of(event_of("c-1")), "c-1");
  EXPECT_EQ(call_of(event_of("c-1", "ctx")), "c-1") << "the connection goes first";
  EXPECT_EQ(call_of(event_of("c-1", "", "2", "other")), "c-1") << "whatever the event is";
  const std::string context = call_of(event_of("", "ctx")).value();
  EXPECT_TRUE(std::regex_match(context, std::regex("context:[0-9a-f]{64}"))) << context;
  EXPECT_EQ(call_of(event_of("", "ctx", "2", "other")), context);
  const std::string alone = call_of(event_of("")).value();
  EXPECT_TRUE(std::regex_match(alone, std::regex("event:[0-9a-f]{64}"))) << alone;
}

TEST(CallOf, NoTwoDifferentThingsHaveOneName) {
  const std::string context = call_of(event_of("", "ctx")).value();
  const std::string alone = call_of(event_of("")).value();
  std::set<std::string> names;
  const std::vector<events::Event> different{
      event_of("ctx"),
      event_of("", "ctx"),
      event_of(context),
      event_of(alone),
      event_of("call:"),
      event_of(call_of(event_of("call:")).value()),
      event_of("event:"),
      event_of("context:"),
      event_of(std::string(256, 'x')),
      event_of(std::string(257, 'x')),
      event_of(std::string(258, 'x')),
      event_of("", "", "1", "s"),
      event_of("", "", "", "s1"),
      event_of("", "", "s1", ""),
      event_of("", "", "2", "s"),
  };
  for (const events::Event& event : different) names.insert(call_of(event).value());
  EXPECT_EQ(names.size(), different.size());
  for (const std::string& name : names) EXPECT_LE(name.size(), 256U);
}

TEST(CallNamed, IsWhatTheStoreCallsIt) {
  for (const std::string& connection :
       {std::string("c-1"), std::string(256, 'x'), std::string(257, 'x'), std::string(kWrittenCallMost, 'x'),
        std::string("call:"), std::string("event:1"), std::string("context:") + std::string(63, 'a'),
        std::string("call:") + std::string(64, 'A'), std::string("+447700900123")})
    EXPECT_EQ(call_named(connection).value(), call_of(event_of(connection)).value())
        << connection.substr(0, 80);
  for (const events::Event& event : {event_of("", "ctx"), event_of(""), event_of(std::string(3000, 'x'))}) {
    const std::string name = call_of(event).value();
    EXPECT_EQ(call_named(name), name) << "as list shows it";
  }
}

TEST(EventKey, IsShortPrintableStableAndItsOwn) {
  const std::string key = event_key("/r", "c", "1").value();
  EXPECT_TRUE(std::regex_match(key, std::regex("evt_[0-9a-f]{32}"))) << key;
  EXPECT_EQ(key, "evt_ebfb7bfe3d472e5a30d62ed7f76b05b5") << "stores of earlier versions hold it";
  EXPECT_EQ(event_key("/r", "c", "1"), key);
  std::set<std::string> keys{key};
  for (const auto& [route, call, id] : {std::tuple{"/rc", "", "1"},
                                        {"/r", "c1", ""},
                                        {"/", "rc", "1"},
                                        {"/r", "", "c1"},
                                        {"/q", "c", "1"},
                                        {"/r", "d", "1"},
                                        {"/r", "c", "2"}})
    EXPECT_TRUE(keys.insert(event_key(route, call, id).value()).second) << route << call << id;
}

TEST(KeptFields, AreThoseOfTheEventAndOfTheTraceAlone) {
  const http::Headers headers{{"Host", "gate.test"},
                              {"Authorization", "Bearer a.b.c"},
                              {"CONTENT-type", "application/json"},
                              {"ce-ID", "1"},
                              {"Ce-Type", "t"},
                              {"ce_source", "s"},
                              {"aeg-event-type", "Notification"},
                              {"traceparent", "00-a"},
                              {"TraceState", "x=1"},
                              {"tracestate", "y=2"},
                              {"traceparents", "no"},
                              {"X-ce-a", "no"},
                              {"Cookie", "a=b"},
                              {"webhook-id", "forged"},
                              {"Callgate-Issuer", "forged"},
                              {"Content-Length", "2"},
                              {"Content-Encoding", "identity"}};
  std::string names;
  for (const http::Field& field : kept_fields(headers)) names += field.name + "=" + field.value + " ";
  EXPECT_EQ(names,
            "CONTENT-type=application/json ce-ID=1 Ce-Type=t aeg-event-type=Notification traceparent=00-a "
            "TraceState=x=1 tracestate=y=2 ");
}

TEST(KeptFields, LeaveOutWhatIsForTheNextHop) {
  const http::Headers headers{{"Connection", "close, CE-Extra"}, {"ce-extra", "x"}, {"ce-id", "1"}};
  ASSERT_EQ(kept_fields(headers).size(), 1U);
  EXPECT_EQ(kept_fields(headers)[0].name, "ce-id");
}

std::string json_event(const std::string& id, const std::string& call) {
  return R"({ "specversion":"1.0","id":")" + id + R"(","source":"s","type":"T)" + id +
         R"(","data":{"callConnectionId":")" + call + R"(","x":1.0}  })";
}

Accepted accepted(const std::string& body) {
  const auto batch = events::read_batch({}, body);
  EXPECT_TRUE(batch) << body;
  auto out =
      accept({.route = "/r", .request_id = {}, .method = {}, .target = {}, .fields = {}}, {}, *batch, body);
  EXPECT_TRUE(out);
  return std::move(*out);
}

TEST(Accept, ALoneEventKeepsTheBodyByteForByte) {
  for (const std::string& body : {json_event("1", "c"), " [ " + json_event("1", "c") + "\n] \n"}) {
    const Accepted one = accepted(body);
    ASSERT_EQ(one.events.size(), 1U);
    EXPECT_EQ(one.events[0].body, body);
    EXPECT_EQ(one.events[0].id, "1");
    EXPECT_EQ(one.events[0].type, "T1");
    EXPECT_EQ(one.events[0].call, "c");
    EXPECT_EQ(one.events[0].key, event_key("/r", "c", "1"));
  }
}

TEST(Accept, EachOfSeveralBecomesAnArrayOfItsOwnBytes) {
  const Accepted two = accepted("[" + json_event("1", "c") + " ,\n" + json_event("2", "d") + "]");
  ASSERT_EQ(two.events.size(), 2U);
  EXPECT_EQ(two.events[0].body, "[" + json_event("1", "c") + "]");
  EXPECT_EQ(two.events[1].body, "[" + json_event("2", "d") + "]");
  EXPECT_EQ(two.events[1].call, "d");
  EXPECT_NE(two.events[0].key, two.events[1].key);
}

TEST(Accept, OfTheSameEventInOneBatchTheFirstIsKept) {
  std::string other = json_event("1", "c");
  other.replace(other.find("1.0}"), 3, "2.0");
  const Accepted got = accepted("[" + json_event("1", "c") + "," + other + "," + json_event("1", "d") + "]");
  ASSERT_EQ(got.events.size(), 2U);
  EXPECT_EQ(got.events[0].body, "[" + json_event("1", "c") + "]");
  EXPECT_EQ(got.events[1].call, "d");
  EXPECT_EQ(accepted("[" + json_event("1", "c") + "," + json_event("1", "c") + "]").events[0].body,
            "[" + json_event("1", "c") + "]");
}

TEST(Accept, TheContextItselfIsNowhereButInTheBody) {
  const std::string body =
      R"({"specversion":"1.0","id":"1","source":"s","type":"t","data":{"incomingCallContext":"personal"}})";
  const Accepted one = accepted(body);
  EXPECT_TRUE(one.events[0].call.starts_with("context:"));
  EXPECT_EQ(one.events[0].call.find("personal"), std::string::npos);
}

}  // namespace
}  // namespace callgate::delivery
