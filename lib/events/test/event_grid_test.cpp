// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/events/event_grid.hpp>
#include <callgate/json/document.hpp>

namespace callgate::events {
namespace {

using http::Headers;
using refusal::Reason;

const std::string kTopic =
    "/subscriptions/00000000-0000-4000-8000-000000000001/resourceGroups/rg/providers/"
    "Microsoft.Communication/communicationServices/acs";

const std::string kIncoming =
    R"({"id":"e1","topic":")" + kTopic + R"(","subject":"/caller/4:+12065550143/recipient/8:acs:x",)" +
    R"("data":{"to":{"kind":"communicationUser"},"incomingCallContext":"eyJhbGciOiJub25lIn0.e30.","a":1,"a":2},)" +
    R"("eventType":"Microsoft.Communication.IncomingCall","dataVersion":"1.0","metadataVersion":"1",)" +
    R"("eventTime":"2026-09-30T08:15:42.1234567Z"})";

// An event whose member `name` is replaced by `value`, or left out if that is null.
std::string event_with(const char* name = "", const char* value = nullptr) {
  std::string out = "{";
  for (const auto& [member, usual] : {std::pair{"id", "\"1\""},
                                      {"topic", "\"/t\""},
                                      {"subject", "\"s\""},
                                      {"eventType", "\"T\""},
                                      {"eventTime", "\"2018-01-25T22:12:19.4556811Z\""},
                                      {"data", "{}"},
                                      {"dataVersion", "\"\""},
                                      {"metadataVersion", "\"1\""}}) {
    const bool changed = std::string_view(member) == name;
    if (changed && value == nullptr) continue;
    out += (out.size() > 1 ? ",\"" : "\"") + std::string(member) + "\":" + (changed ? value : usual);
  }
  return out + "}";
}

TEST(EventGrid, ReadsWhatTheServiceSends) {
  const std::string body = "[" + kIncoming + " , " + event_with() + "]";
  const auto batch = read_event_grid(body);
  ASSERT_TRUE(batch) << batch.error().detail;
  EXPECT_EQ(batch->mode, Mode::event_grid);
  ASSERT_EQ(batch->events.size(), 2U);
  const Event& first = batch->events[0];
  EXPECT_EQ(first.id, "e1");
  EXPECT_EQ(first.source, kTopic);
  EXPECT_EQ(first.type, "Microsoft.Communication.IncomingCall");
  EXPECT_EQ(first.call_connection_id, "");
  EXPECT_EQ(first.incoming_call_context, "eyJhbGciOiJub25lIn0.e30.");
  EXPECT_EQ(body.substr(first.begin, first.end - first.begin), kIncoming);
  EXPECT_EQ(body.substr(batch->events[1].begin, batch->events[1].end - batch->events[1].begin), event_with());
}

TEST(EventGrid, FindsTheCallWhereTheDataNamesOne) {
  EXPECT_EQ(read_event_grid("[" + event_with("data", R"({"callConnectionId":"c"})") + "]")
                ->events[0]
                .call_connection_id,
            "c");
  for (const char* data : {"null", "7", "[]", "{}", R"({"callConnectionId":7})", R"("callConnectionId")"})
    EXPECT_EQ(read_event_grid("[" + event_with("data", data) + "]")->events[0].call_connection_id, "")
        << data;
  for (const char* data : {"null", "{}", R"({"incomingCallContext":{"a":1}})", R"(["incomingCallContext"])"})
    EXPECT_EQ(read_event_grid("[" + event_with("data", data) + "]")->events[0].incoming_call_context, "")
        << data;
}

TEST(EventGrid, IsLenientWhereTheSchemaIs) {
  const struct {
    const char* member;
    const char* value;
  } rows[] = {{"subject", R"("")"},
              {"topic", nullptr},
              {"topic", "null"},
              {"topic", R"("")"},
              {"data", nullptr},
              {"dataVersion", nullptr},
              {"dataVersion", "null"},
              {"metadataVersion", nullptr},
              {"eventType", R"("New.Kind")"},
              {"data", R"({"a":1,"a":2,"s":"\ud800"})"}};
  for (const auto& row : rows) {
    const auto batch = read_event_grid("[" + event_with(row.member, row.value) + "]");
    EXPECT_TRUE(batch) << row.member << ": " << batch.error().detail;
  }
  EXPECT_EQ(read_event_grid("[" + event_with("topic") + "]")->events[0].source, "");
  EXPECT_TRUE(read_event_grid("[{\"extra\":{\"x\":1}," + event_with().substr(1) + "]"));
}

TEST(EventGrid, RefusesABadMember) {
  const struct {
    const char* member;
    const char* value;  // null: left out
  } rows[] = {{"id", nullptr},
              {"id", R"("")"},
              {"id", "1"},
              {"id", "null"},
              {"id", R"("\ud800")"},
              {"id", "\"\xFF\""},
              {"eventType", nullptr},
              {"eventType", R"("")"},
              {"eventType", "[]"},
              {"subject", nullptr},
              {"subject", "null"},
              {"subject", "{}"},
              {"eventTime", nullptr},
              {"eventTime", R"("now")"},
              {"eventTime", "1"},
              {"eventTime", R"("")"},
              {"eventTime", R"("2018-01-25T22:12:19")"},
              {"topic", "1"},
              {"dataVersion", "1"},
              {"metadataVersion", "1"},
              {"data", "[1 2]"},
              {"data", ""}};
  for (const auto& row : rows) {
    const auto batch = read_event_grid("[" + event_with(row.member, row.value) + "]");
    ASSERT_FALSE(batch) << row.member << " " << (row.value == nullptr ? "left out" : row.value);
    EXPECT_EQ(batch.error().reason, Reason::event_malformed);
  }
}

TEST(EventGrid, RefusesWhatIsNoArrayOfEvents) {
  const std::string good = event_with();
  const std::string bad[] = {
      "",
      "{}",
      "[]",
      "null",
      "\"x\"",
      good,
      "[" + good + ",{}]",
      "[" + good + ",null]",
      "[[" + good + "]]",
      "[" + good + "]x",
      "[{\"id\":\"2\"," + good.substr(1) + "]",
      "[{\"extra\":{\"a\":1,\"a\":2}," + good.substr(1) + "]",
      R"([{"id":"1","source":"s","type":"t","specversion":"1.0"}])",
      "[" + event_with("data", (std::string(70, '[') + std::string(70, ']')).c_str()) + "]",
  };
  for (const auto& body : bad) {
    const auto batch = read_event_grid(body);
    ASSERT_FALSE(batch) << body;
    EXPECT_EQ(batch.error().reason, Reason::event_malformed);
  }
}

TEST(EventGrid, IsWhatTheFieldsSay) {
  const struct {
    const char* name;
    Headers headers;
    bool event_grid;
  } rows[] = {
      {"a notification", {{"aeg-event-type", "Notification"}, {"Content-Type", "application/json"}}, true},
      {"without a type of content", {{"AEG-Event-Type", "Notification"}}, true},
      {"the end of a subscription", {{"aeg-event-type", "SubscriptionDeletion"}}, true},
      {"a kind to come", {{"aeg-event-type", "Other"}}, true},
      {"a CloudEvent of Event Grid",
       {{"aeg-event-type", "Notification"}, {"Content-Type", "application/cloudevents+json; charset=utf-8"}},
       false},
      {"a batch of them",
       {{"aeg-event-type", "Notification"}, {"Content-Type", "application/cloudevents-batch+json"}},
       false},
      {"one in binary mode", {{"aeg-event-type", "Notification"}, {"ce-specversion", "1.0"}}, false},
      {"other aeg fields", {{"aeg-subscription-name", "x"}}, false},
      {"nothing", {}, false},
  };
  for (const auto& row : rows) EXPECT_EQ(is_event_grid(row.headers), row.event_grid) << row.name;
}

// ---- The validation of a subscription. ----

const Headers kAsking{{"aeg-event-type", "SubscriptionValidation"}, {"Content-Type", "application/json"}};

std::string validation_with(const std::string& data,
                            const char* type = "Microsoft.EventGrid.SubscriptionValidationEvent") {
  return R"({"id":"2d1781af","topic":"/subscriptions/x","subject":"","data":)" + data + R"(,"eventType":")" +
         type + R"(","eventTime":"2018-01-25T22:12:19.4556811Z","metadataVersion":"1","dataVersion":"1"})";
}

const std::string kData =
    R"({"validationCode":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6",)"
    R"("validationUrl":"https://rp-eastus2.eventgrid.azure.net:553/eventsubscriptions/e/validate?id=1"})";

TEST(Validation, IsAskedForByTheField) {
  EXPECT_TRUE(asks_validation(kAsking));
  EXPECT_TRUE(asks_validation({{"Aeg-Event-Type", " subscriptionvalidation "}}));
  EXPECT_TRUE(
      asks_validation({{"aeg-event-type", "Notification"}, {"aeg-event-type", "SubscriptionValidation"}}));
  EXPECT_FALSE(asks_validation({{"aeg-event-type", "Notification"}}));
  EXPECT_FALSE(asks_validation({{"aeg-event-type", "SubscriptionValidationX"}}));
  EXPECT_FALSE(asks_validation({}));
}

TEST(Validation, GivesTheCodeBack) {
  const auto code = read_validation(kAsking, "[" + validation_with(kData) + "]");
  ASSERT_TRUE(code) << code.error().detail;
  EXPECT_EQ(*code, "512d38b6-c7b8-40c8-89fe-f46f9e9622b6");
  EXPECT_EQ(validation_answer(*code), R"({"validationResponse":"512d38b6-c7b8-40c8-89fe-f46f9e9622b6"})");
  // The URL is not looked at.
  for (const char* url : {"7", "\"http://127.0.0.1/\"", "null"}) {
    EXPECT_TRUE(read_validation(
        kAsking,
        "[" + validation_with(std::string(R"({"validationCode":"c","validationUrl":)") + url + "}") + "]"))
        << url;
  }
}

TEST(Validation, AnswersWithOneJsonStringWhateverTheCode) {
  for (const std::string& code :
       {std::string(R"(","x":"y)"), std::string(R"(\u0022}</script>)"), std::string(256, '"')}) {
    const std::string answer = validation_answer(code);
    const auto document = json::parse(answer);
    ASSERT_TRUE(document) << answer;
    EXPECT_EQ(document->root().size(), 1U);
    EXPECT_EQ(document->root().find("validationResponse")->as_string(), code);
  }
}

TEST(Validation, TakesCodesUpToTheirLimit) {
  for (const auto& [length, taken] : {std::pair{1, true}, {256, true}, {257, false}, {100'000, false}}) {
    const std::string data =
        R"({"validationCode":")" + std::string(static_cast<std::size_t>(length), 'c') + "\"}";
    EXPECT_EQ(read_validation(kAsking, "[" + validation_with(data) + "]").has_value(), taken) << length;
  }
}

TEST(Validation, IsRefusedWhereTheBodyIsNone) {
  const std::string good = validation_with(kData);
  const std::string bad[] = {
      "",
      "{}",
      "[]",
      good,
      "[" + good + "," + good + "]",
      "[" + good + "," + event_with() + "]",
      "[" + event_with("data", R"({"validationCode":"c"})") + "]",
      "[" + validation_with(kData, "Microsoft.EventGrid.SubscriptionDeletedEvent") + "]",
      "[" + validation_with(kData, "microsoft.eventgrid.subscriptionvalidationevent") + "]",
      "[" + validation_with("null") + "]",
      "[" + validation_with("\"c\"") + "]",
      "[" + validation_with("{}") + "]",
      "[" + validation_with("[{\"validationCode\":\"c\"}]") + "]",
      "[" + validation_with(R"({"validationcode":"c"})") + "]",
      "[" + validation_with(R"({"validationCode":""})") + "]",
      "[" + validation_with(R"({"validationCode":7})") + "]",
      "[" + validation_with(R"({"validationCode":["c"]})") + "]",
      "[" + validation_with(R"({"validationCode":"a b"})") + "]",
      "[" + validation_with(R"({"validationCode":"a\r\nb"})") + "]",
      "[" + validation_with(R"({"validationCode":"a\u0000"})") + "]",
      "[" + validation_with(R"({"validationCode":"\u00fc"})") + "]",
      "[" + validation_with(R"({"validationCode":"\u007f"})") + "]",
      "[" + validation_with(R"({"validationCode":"c","validationCode":"d"})") + "]",
      R"([{"validationCode":"c"}])",
  };
  for (const auto& body : bad) {
    const auto code = read_validation(kAsking, body);
    ASSERT_FALSE(code) << body;
    EXPECT_EQ(code.error().reason, Reason::event_malformed);
  }
}

TEST(Validation, IsRefusedWhereTheFieldsContradict) {
  const std::string body = "[" + validation_with(kData) + "]";
  const Headers bad[] = {
      {},
      {{"aeg-event-type", "Notification"}},
      {{"aeg-event-type", "Notification"}, {"aeg-event-type", "SubscriptionValidation"}},
      {{"aeg-event-type", "SubscriptionValidation"}, {"aeg-event-type", "SubscriptionValidation"}},
      {{"aeg-event-type", "SubscriptionValidation"}, {"Content-Type", "application/cloudevents+json"}},
      {{"aeg-event-type", "SubscriptionValidation"}, {"ce-specversion", "1.0"}},
  };
  for (const auto& headers : bad) {
    const auto code = read_validation(headers, body);
    ASSERT_FALSE(code);
    EXPECT_EQ(code.error().reason, Reason::event_malformed);
  }
}

}  // namespace
}  // namespace callgate::events
