// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/events/batch.hpp>

namespace callgate::events {
namespace {

using http::Headers;
using refusal::Reason;

const std::string kEvent =
    R"({"id":"1","source":"calling/callConnections/c","type":"Microsoft.Communication.CallConnected",)"
    R"("data":{"callConnectionId":"c","a":1,"a":2,"s":"\ud800"},"time":"2026-09-30T08:15:42.1234567+00:00",)"
    R"("specversion":"1.0","datacontenttype":"application/json","subject":"calling/callConnections/c"})";

TEST(Batch, ReadsASingleEventAndAnArray) {
  const auto single = read_batch({}, kEvent);
  ASSERT_TRUE(single) << single.error().detail;
  EXPECT_EQ(single->mode, Mode::structured);
  EXPECT_EQ(single->events[0].type, "Microsoft.Communication.CallConnected");
  EXPECT_EQ(single->events[0].call_connection_id, "c");

  const std::string body = "[ " + kEvent + " , " + kEvent + "]";
  const auto batch = read_batch({}, body);
  ASSERT_TRUE(batch) << batch.error().detail;
  ASSERT_EQ(batch->events.size(), 2U);
  for (const Event& event : batch->events)
    EXPECT_EQ(body.substr(event.begin, event.end - event.begin), kEvent);
}

TEST(Batch, FindsTheContextOfACallThatHasNoConnectionYet) {
  const auto context_of = [](const std::string& data) {
    const auto batch =
        read_batch({}, R"({"specversion":"1.0","id":"1","source":"s","type":"t","data":)" + data + "}");
    return batch ? batch->events[0].incoming_call_context : "not read";
  };
  EXPECT_EQ(context_of(R"({"incomingCallContext":"a\u0062c","to":{}})"), "abc");
  EXPECT_EQ(context_of(R"({"incomingCallContext":"a","incomingCallContext":"b"})"), "a");
  for (const char* data :
       {"null", "7", "[]", "{}", R"({"incomingCallContext":7})", R"({"a":{"incomingCallContext":"b"}})"})
    EXPECT_EQ(context_of(data), "") << data;
}

TEST(Batch, ReadsBinaryMode) {
  const Headers headers{{"ce-specversion", "1.0"},
                        {"ce-id", "a%20b"},
                        {"ce-source", "/s"},
                        {"ce-type", "t"},
                        {"Content-Type", "application/json"}};
  const auto batch = read_batch(headers, R"({"callConnectionId":"c"})");
  ASSERT_TRUE(batch) << batch.error().detail;
  EXPECT_EQ(batch->mode, Mode::binary);
  EXPECT_EQ(batch->events[0].id, "a b");
  EXPECT_EQ(batch->events[0].call_connection_id, "c");
  EXPECT_TRUE(read_batch(headers, ""));
  EXPECT_EQ(read_batch(headers, R"({"incomingCallContext":"x"})")->events[0].incoming_call_context, "x");
}

TEST(Batch, BinaryModeRefusesBadFields) {
  const Headers good{{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "t"}};
  for (const auto& [name, value] : {std::pair{"ce-specversion", "0.3"},
                                    {"ce-id", ""},
                                    {"ce-id", "%FF"},
                                    {"ce-id", "%0A"},
                                    {"ce-time", "yesterday"}}) {
    Headers headers = good;
    headers.set(name, value);
    EXPECT_FALSE(read_batch(headers, "")) << name << value;
  }
  Headers twice = good;
  twice.add("CE-ID", "2");
  EXPECT_FALSE(read_batch(twice, ""));
  EXPECT_FALSE(read_batch(good, "{"));
}

TEST(Batch, RefusesWhatIsNoEvent) {
  const std::string bad[] = {
      "",
      "{}",
      "[]",
      "null",
      "1",
      "\"x\"",
      "<xml/>",
      "[" + kEvent + ",{}]",
      "[" + kEvent + ",1]",
      "[[" + kEvent + "]]",
      R"({"id":"1","source":"s","type":"t"})",
      R"({"id":"1","source":"s","type":"t","specversion":"0.3"})",
      R"({"id":"1","source":"s","type":"t","specversion":1.0})",
      R"({"id":"","source":"s","type":"t","specversion":"1.0"})",
      R"({"id":1,"source":"s","type":"t","specversion":"1.0"})",
      R"({"id":"1","id":"2","source":"s","type":"t","specversion":"1.0"})",
      R"({"id":"\ud800","source":"s","type":"t","specversion":"1.0"})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","time":"now"})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","time":7})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","subject":""})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","data":1,"data_base64":"eA=="})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","data_base64":1})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","data":[1 2]})",
      R"({"id":"1","source":"s","type":"t","specversion":"1.0","data":)" + std::string(70, '[') +
          std::string(70, ']') + "}",
      "{\"id\":\"1\",\"source\":\"s\",\"type\":\"t\",\"specversion\":\"1.0\",\"data\":\"\xFF\"}",
  };
  for (const auto& body : bad) {
    const auto batch = read_batch({}, body);
    ASSERT_FALSE(batch) << body;
    EXPECT_EQ(batch.error().reason, Reason::event_malformed);
  }
}

TEST(Batch, UnknownTypesAndMembersPass) {
  EXPECT_TRUE(read_batch(
      {}, R"({"id":"1","source":"s","type":"New.Kind","specversion":"1.0","extra":{"x":1},"subject":null})"));
}

TEST(ContentType, AcceptsWhatSendersSend) {
  for (const char* type :
       {"application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
        "application/cloudevents+json", "application/cloudevents-batch+json; charset=\"utf-8\""}) {
    EXPECT_TRUE(check_content_type({{"Content-Type", type}})) << type;
  }
  EXPECT_TRUE(check_content_type({}));
  EXPECT_TRUE(check_content_type({{"Content-Encoding", "identity"}}));
}

TEST(ContentType, RefusesTheRest) {
  for (const char* type : {"", "text/plain", "application/x-www-form-urlencoded",
                           "application/json; charset=utf-16", "application/jsonx", "json"}) {
    const auto checked = check_content_type({{"Content-Type", type}});
    ASSERT_FALSE(checked) << type;
    EXPECT_EQ(checked.error().reason, Reason::content_type_unsupported);
  }
  EXPECT_FALSE(
      check_content_type({{"Content-Type", "application/json"}, {"Content-Type", "application/json"}}));
  EXPECT_FALSE(check_content_type({{"Content-Encoding", "gzip"}}));
}

}  // namespace
}  // namespace callgate::events
