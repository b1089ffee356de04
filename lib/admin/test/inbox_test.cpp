// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/admin/inbox.hpp>
#include <callgate/base/time_text.hpp>
#include <callgate/delivery/identity.hpp>
#include <callgate/json/document.hpp>

#include "fake_commands.hpp"
#include "scripted_store.hpp"

namespace callgate::admin {
namespace {

using namespace std::chrono_literals;

constexpr const char* kKey = "evt_00112233445566778899aabbccddeeff";
constexpr const char* kOtherKey = "evt_ffeeddccbbaa99887766554433221100";
constexpr const char* kPhone = "+4915112345678";

base::WallTime at(std::string_view text) {
  return *base::parse_rfc3339(text);
}
const base::WallTime kNow = at("2026-09-30T08:15:42Z");

delivery::Stored stored() {
  delivery::Stored out;
  out.number = 7;
  out.passage = {.route = "/api/callback",
                 .request_id = "req-1",
                 .method = "POST",
                 .target = std::string("/api/callback/7?callerId=") + kPhone,
                 .fields = {{"Content-Type", "application/json"}, {"traceparent", "00-ab-cd-01"}},
                 .received_at = at("2026-09-30T08:15:00.250Z")};
  out.verdict = {.provider = "acs",
                 .key_id = "k1",
                 .key_set = "digest",
                 .issuer = "https://issuer.test",
                 .audience = "aud",
                 .subject = "",
                 .claims = "{ \"exp\" : 1.50e3,\n\"roles\":[\"a\\u001b\", true,null] }",
                 .judged_at = at("2026-09-30T08:15:00.251Z")};
  out.event = {.key = kKey,
               .call = "c1",
               .id = "e1",
               .type = "Microsoft.Communication.CallConnected",
               .body = std::string("[{\"from\":\"") + kPhone + "\"}]"};
  out.attempts = 2;
  return out;
}

http::Response ask(const InboxAccess& inbox, const std::string& method, const std::string& below,
                   std::string_view body = {}) {
  return answer_inbox(inbox, request(method, "/api/v1/inbox" + below), body, kNow);
}

std::string detail_of(const http::Response& response) {
  const auto document = json::parse(response.body);
  const auto detail = document ? document->root().find("detail") : std::nullopt;
  return detail ? std::string(detail->as_string().value_or("")) : "";
}

// A store with one event of everything.
void fill(ScriptedStore& store) {
  store.events = {stored()};
  store.event = stored();
  store.lease = {.id = "lease-1", .until = kNow + 60s, .events = {stored()}};
  store.count = 1;
  store.redeliverable = {{kKey, true}, {kOtherKey, false}};
}

struct Request {
  const char* method;
  std::string below;
  std::string body;
  int status;
  std::string says;  // in the body of the answer
};

void expect_each(const std::vector<Request>& requests) {
  for (const Request& row : requests) {
    ScriptedStore store;
    fill(store);
    const auto response = ask({&store}, row.method, row.below, row.body);
    const std::string what = std::string(row.method) + " " + row.below + " " + row.body.substr(0, 80);
    EXPECT_EQ(response.status, row.status) << what << "\n" << response.body;
    EXPECT_NE((row.status == 200 ? response.body : detail_of(response)).find(row.says), std::string::npos)
        << what << "\n"
        << response.body;
    EXPECT_TRUE(json::parse(response.body)) << what << "\n" << response.body;
    EXPECT_EQ(response.headers.find("Content-Type"),
              row.status == 200 ? "application/json" : "application/problem+json")
        << what;
    EXPECT_EQ(response.headers.find("Allow").value_or(""), row.status == 405 ? row.says : "") << what;
  }
}

TEST(Inbox, EveryQuestionGetsItsStatus) {
  expect_each({
      {"GET", "", "", 200, R"({"events":[{"key":"evt_)"},
      {"HEAD", "", "", 200, ""},
      {"GET", "?", "", 200, ""},
      {"GET", "?state=queued&call=c1&after=0&limit=1000", "", 200, R"("next":null)"},
      {"GET", "?limit=1", "", 200, R"("next":7)"},
      {"GET", "?state=lost", "", 400, "write queued, delivered, taken or dead"},
      {"GET", "?call=", "", 400, "write the call's connection id"},
      {"GET", "?call=" + std::string(8192, 'c'), "", 200, ""},
      {"GET", "?call=" + std::string(8193, 'c'), "", 400, "as list shows it"},
      {"GET", "?call=%", "", 400, "broken % escape"},
      {"GET", "?after=-1", "", 400, "the number of an event"},
      {"GET", "?after=1x", "", 400, "the number of an event"},
      {"GET", "?limit=0", "", 400, "1 to 1000"},
      {"GET", "?limit=1001", "", 400, "1 to 1000"},
      {"GET", "?limit=", "", 400, "1 to 1000"},
      {"GET", "?limit", "", 400, "1 to 1000"},
      {"GET", "?limit=1&limit=2", "", 400, "there twice"},
      {"GET", "?most=1", "", 400, "there are state, call, after and limit"},
      {"GET", "?&", "", 400, "there is no parameter"},
      {"GET", "/stats?", "", 200, ""},
      {"GET", "/stats?x=1", "", 400, "this path takes no parameters"},
      {"GET", std::string("/") + kKey + "?", "", 200, ""},
      {"GET", std::string("/") + kKey + "?x=1", "", 400, "this path takes no parameters"},
      {"GET", "/7?x=1", "", 404, "the key of an event"},
      {"POST", "?x=1", "", 405, "GET, HEAD"},
      {"POST", "", "", 405, "GET, HEAD"},
      {"DELETE", "/stats", "", 405, "GET, HEAD"},
      {"GET", "/stats", "", 200, R"("queued":0)"},
      {"GET", std::string("/") + kKey, "", 200, R"("body_sha256":)"},
      {"POST", std::string("/") + kKey, "", 405, "GET, HEAD"},
      {"GET", "/7", "", 404, "the key of an event"},
      {"GET", "/", "", 404, "the key of an event"},
      {"GET", "/stats/", "", 404, "the key of an event"},
      {"GET", "/evt_" + std::string(61, 'a'), "", 404, "the key of an event"},
      {"GET", "/take", "", 405, "POST"},
      {"GET", "/ack", "", 405, "POST"},
      {"PUT", "/redeliver", "", 405, "POST"},
      {"get", "/forget", "", 405, "POST"},
  });
}

TEST(Inbox, EveryOrderGetsItsStatus) {
  const std::string key = kKey, other = kOtherKey;
  expect_each({
      {"POST", "/take", "", 200, R"({"lease":"lease-1","until":"2026-09-30T08:16:42.000Z","events":[{)"},
      {"POST", "/take", "{}", 200, ""},
      {"POST", "/take?max=10", "", 400, "this path takes no parameters"},
      {"POST", "/forget?call=c1", R"({"call":"c1"})", 400, "this path takes no parameters"},
      {"POST", "/take", R"({"max":1000,"lease_seconds":1800})", 200, ""},
      {"POST", "/take", R"({"max":1,"lease_seconds":1})", 200, ""},
      {"POST", "/take", R"({"max":0})", 400, "from 1 to 1000"},
      {"POST", "/take", R"({"max":1001})", 400, "from 1 to 1000"},
      {"POST", "/take", R"({"max":"10"})", 400, "a whole number"},
      {"POST", "/take", R"({"max":1.5})", 400, "a whole number"},
      {"POST", "/take", R"({"lease_seconds":0})", 400, "from 1 to 1800"},
      {"POST", "/take", R"({"lease_seconds":1801})", 400, "from 1 to 1800"},
      {"POST", "/take", R"({"limit":1})", 400, "there is no member 'limit'"},
      {"POST", "/take", R"({"max":1,"max":2})", 400, "duplicate"},
      {"POST", "/take", "[]", 400, "no JSON object"},
      {"POST", "/take", "max=10", 400, "write a JSON object such as"},
      {"POST", "/take", std::string(std::size_t{64} << 10, ' ') + "{}", 400, "write a JSON object such as"},

      {"POST", "/ack", R"({"lease":"lease-1"})", 200, R"({"acknowledged":1})"},
      {"POST", "/ack", R"({"lease":"lease-1","keys":[")" + key + "\"]}", 200, ""},
      {"POST", "/ack", "", 400, "write a JSON object such as"},
      {"POST", "/ack", "{}", 400, "lease: write a text"},
      {"POST", "/ack", R"({"lease":""})", 400, "lease: write a text"},
      {"POST", "/ack", R"({"lease":7})", 400, "lease: write a text"},
      {"POST", "/ack", R"({"lease":")" + std::string(1025, 'x') + "\"}", 400, "lease: write a text"},
      {"POST", "/ack", R"({"lease":"lease-1","keys":[]})", 400, "without keys all of the lease"},
      {"POST", "/ack", R"({"lease":"lease-1","keys":"evt_1"})", 400, "a list of 1 to 1000"},
      {"POST", "/ack", R"({"lease":"lease-1","keys":["e1"]})", 400, "begins with evt_"},
      {"POST", "/ack", R"({"lease":"lease-1","key":"evt_1"})", 400, "there is no member 'key'"},

      {"POST", "/redeliver", R"({"key":")" + key + "\"}", 200, R"({"redelivered":1})"},
      {"POST", "/redeliver", R"({"keys":[")" + key + "\",\"" + other + "\"]}", 200, R"({"redelivered":1})"},
      {"POST", "/redeliver", R"({"key":")" + other + "\"}", 404, "nothing was queued again"},
      {"POST", "/redeliver", "{}", 400, "either key or keys"},
      {"POST", "/redeliver", R"({"key":")" + key + R"(","keys":["evt_1"]})", 400, "either key or keys"},
      {"POST", "/redeliver", R"({"key":"e1"})", 400, "begins with evt_"},
      {"POST", "/redeliver", R"({"keys":[]})", 400, "a list of 1 to 1000"},
      {"POST", "/redeliver", R"({"keys":["evt_1",2]})", 400, "begins with evt_"},

      {"POST", "/forget", R"({"call":"c1"})", 200, R"({"forgotten":1})"},
      {"POST", "/forget", R"({"call":")" + std::string(8192, 'c') + "\"}", 200, ""},
      {"POST", "/forget", R"({"call":")" + std::string(8193, 'c') + "\"}", 400, "as list shows it"},
      {"POST", "/forget", R"({"call":""})", 400, "call: write the call's connection id"},
      {"POST", "/forget", R"({"call":7})", 400, "call: write the call's connection id"},
      {"POST", "/forget", R"({"calls":["c1"]})", 400, "there is no member 'calls'"},
  });
}

TEST(Inbox, NothingThereIsToldFromNothingDone) {
  ScriptedStore store;
  EXPECT_EQ(ask({&store}, "GET", "").body, R"({"events":[],"next":null})");
  EXPECT_EQ(ask({&store}, "POST", "/take").body, R"({"lease":null,"until":null,"events":[]})");
  EXPECT_EQ(ask({&store}, "POST", "/forget", R"({"call":"c1"})").body, R"({"forgotten":0})");
  EXPECT_EQ(ask({&store}, "GET", std::string("/") + kKey).status, 404);
  const auto late = ask({&store}, "POST", "/ack", R"({"lease":"gone"})");
  EXPECT_EQ(late.status, 409);
  EXPECT_NE(detail_of(late).find("the lease ran out"), std::string::npos);
}

TEST(Inbox, TheStoreIsAskedForWhatTheRequestSays) {
  ScriptedStore store;
  fill(store);
  ask({&store}, "GET", "");
  ask({&store}, "GET", "?limit=5&call=a%2Fb%26c&state=dead&after=41");
  ASSERT_EQ(store.filters.size(), 2U);
  EXPECT_FALSE(store.filters[0].state);
  EXPECT_EQ(store.filters[0].call, "");
  EXPECT_EQ(store.filters[0].after, 0);
  EXPECT_EQ(store.filters[0].most, 100U);
  EXPECT_EQ(store.filters[1].state, delivery::State::dead);
  EXPECT_EQ(store.filters[1].call, "a/b&c");
  EXPECT_EQ(store.filters[1].after, 41);
  EXPECT_EQ(store.filters[1].most, 5U);

  ask({&store}, "POST", "/take");
  ask({&store}, "POST", "/take", R"({"lease_seconds":5,"max":3})");
  ASSERT_EQ(store.takes.size(), 2U);
  EXPECT_EQ(store.takes[0], (std::pair<std::size_t, std::chrono::milliseconds>{10, 60s}));
  EXPECT_EQ(store.takes[1], (std::pair<std::size_t, std::chrono::milliseconds>{3, 5s}));

  ask({&store}, "POST", "/ack", R"({"lease":"a"})");
  ask({&store}, "POST", "/ack", R"({"lease":"b","keys":["evt_1","evt_2"]})");
  ask({&store}, "POST", "/forget", R"({"call":"\u00e9"})");
  ask({&store}, "GET", std::string("/") + kKey);
  EXPECT_EQ(store.names, (std::vector<std::string>{"a", "b", "\xc3\xa9", kKey}));
  EXPECT_EQ(store.acknowledged, (std::vector<std::vector<std::string>>{{}, {"evt_1", "evt_2"}}));
}

TEST(Inbox, ACallIsAskedForByTheNameThatTheStoreGaveIt) {
  const std::string long_id(3000, 'c');
  const std::string digest = "call:" + std::string(64, 'a');
  for (const auto& [written, name] : {std::pair{long_id, delivery::call_named(long_id).value()},
                                      {digest, digest},
                                      {std::string("c1"), std::string("c1")}}) {
    ScriptedStore store;
    fill(store);
    EXPECT_EQ(ask({&store}, "POST", "/forget", R"({"call":")" + written + "\"}").status, 200);
    EXPECT_EQ(ask({&store}, "GET", "?call=" + written).status, 200);
    EXPECT_EQ(store.names, std::vector<std::string>{name});
    EXPECT_EQ(store.filters.at(0).call, name);
    EXPECT_LE(name.size(), 256U);
  }
}

TEST(Inbox, ListAndShowHoldNoPersonalData) {
  ScriptedStore store;
  fill(store);
  const auto listed = ask({&store}, "GET", "");
  EXPECT_EQ(
      listed.body,
      R"({"events":[{"key":"evt_00112233445566778899aabbccddeeff","number":7,"route":"/api/callback",)"
      R"("call":"c1","event_id":"e1","type":"Microsoft.Communication.CallConnected","state":"queued",)"
      R"("received_at":"2026-09-30T08:15:00.250Z","attempts":2,"provider":"acs","request_id":"req-1"}],)"
      R"("next":null})");
  const auto shown = ask({&store}, "GET", std::string("/") + kKey);
  EXPECT_EQ(shown.body,
            R"({"key":"evt_00112233445566778899aabbccddeeff","number":7,"route":"/api/callback","call":"c1",)"
            R"("event_id":"e1","type":"Microsoft.Communication.CallConnected","state":"queued",)"
            R"("received_at":"2026-09-30T08:15:00.250Z","attempts":2,"provider":"acs",)"
            R"("issuer":"https://issuer.test","audience":"aud","kid":"k1","key_set":"digest",)"
            R"("judged_at":"2026-09-30T08:15:00.251Z",)"
            R"("claims":{"exp":1.50e3,"roles":"..."},"request_id":"req-1","method":"POST",)"
            R"("path":"/api/callback/7","content_type":"application/json","body_bytes":27,)"
            R"("body_sha256":"7690f4169dc7b61468cb160e80a30b76e373de7b06a81e709fe4c5d96ad1a735"})");
  EXPECT_EQ(listed.body.find(kPhone), std::string::npos);
  EXPECT_EQ(shown.body.find(kPhone), std::string::npos);
}

TEST(Inbox, AnEventThatWasTriedSaysHowItWent) {
  ScriptedStore store;
  delivery::Stored dead = stored();
  dead.state = delivery::State::dead;
  dead.first_tried_at = kNow - 60s;
  dead.ended_at = kNow;
  dead.note = "410";
  dead.verdict = {.provider = "",
                  .key_id = "",
                  .key_set = "",
                  .issuer = "",
                  .audience = "",
                  .subject = "s",
                  .claims = "{broken",
                  .judged_at = kNow};
  dead.passage.target = "/api/callback";
  store.event = dead;
  const auto shown = ask({&store}, "GET", std::string("/") + kKey);
  EXPECT_NE(shown.body.find(R"("state":"dead","received_at":"2026-09-30T08:15:00.250Z","attempts":2,)"
                            R"("first_tried_at":"2026-09-30T08:14:42.000Z",)"
                            R"("ended_at":"2026-09-30T08:15:42.000Z","note":"410","subject":"...",)"
                            R"("judged_at":"2026-09-30T08:15:42.000Z","claims":"...",)"),
            std::string::npos)
      << shown.body;
}

TEST(Inbox, AnEventThatIsLentSaysUntilWhen) {
  ScriptedStore store;
  delivery::Stored lent = stored();
  lent.lent_until = kNow + 60s;
  store.events = {lent};
  store.event = lent;
  for (const std::string& below : {std::string(), std::string("/") + kKey}) {
    const std::string said = ask({&store}, "GET", below).body;
    EXPECT_NE(said.find(R"("state":"queued","lent_until":"2026-09-30T08:16:42.000Z",)"), std::string::npos)
        << said;
  }
}

TEST(Inbox, TakeGivesTheBodyExactly) {
  ScriptedStore store;
  fill(store);
  const auto taken = ask({&store}, "POST", "/take");
  EXPECT_EQ(
      taken.body,
      R"({"lease":"lease-1","until":"2026-09-30T08:16:42.000Z","events":[)"
      R"({"key":"evt_00112233445566778899aabbccddeeff","number":7,"route":"/api/callback","call":"c1",)"
      R"("event_id":"e1","type":"Microsoft.Communication.CallConnected",)"
      R"("received_at":"2026-09-30T08:15:00.250Z","attempts":2,"method":"POST",)"
      R"("target":"/api/callback/7?callerId=+4915112345678",)"
      R"("headers":[{"name":"Content-Type","value":"application/json"},)"
      R"({"name":"traceparent","value":"00-ab-cd-01"}],"provider":"acs","issuer":"https://issuer.test",)"
      R"("audience":"aud","kid":"k1","request_id":"req-1","body":"[{\"from\":\"+4915112345678\"}]"}]})");
  // NOLINTNEXTLINE(misc-misleading-bidirectional): that is what is asked for here
  const std::string bodies[] = {"", std::string("\0\x01\x7f\"\\/\r\n", 8), "\xe2\x80\xae\xf0\x9f\x93\x9e",
                                std::string(300'000, 'x')};
  for (const std::string& body : bodies) {
    store.lease.events[0].event.body = body;
    const auto document = json::parse(ask({&store}, "POST", "/take").body);
    ASSERT_TRUE(document);
    const auto event = document->root().find("events")->elements().at(0);
    EXPECT_EQ(event.find("body")->as_string(), body);
  }
  store.lease.events[0].event.body = "\xff\xfe";
  const auto binary = ask({&store}, "POST", "/take").body;
  EXPECT_NE(binary.find(R"("body_base64":"//4=")"), std::string::npos) << binary;
  EXPECT_EQ(binary.find(R"("body":)"), std::string::npos);
}

TEST(Inbox, WhatIsPushedCannotBeTaken) {
  ScriptedStore store;
  fill(store);
  const auto refused = ask({.store = &store, .pushed = true}, "POST", "/take");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(detail_of(refused).find("pushes its inbox"), std::string::npos);
  EXPECT_TRUE(store.takes.empty());
  EXPECT_EQ(ask({.store = &store, .pushed = true}, "GET", "").status, 200);
}

TEST(Inbox, StatsTellAgeAndTrouble) {
  ScriptedStore store;
  store.counted = {.queued = 1,
                   .delivered = 2,
                   .taken = 3,
                   .dead = 4,
                   .lanes = 5,
                   .oldest_queued_at = kNow - 90s,
                   .bytes = 8192,
                   .lent = 1};
  store.in_trouble = "disk full";
  EXPECT_EQ(
      ask({.store = &store, .pushed = true}, "GET", "/stats").body,
      R"({"queued":1,"delivered":2,"taken":3,"dead":4,"lanes":5,"lent":1,"oldest_age_seconds":90,"bytes":8192,)"
      R"("pushed":true,"trouble":"disk full"})");
  store.counted.oldest_queued_at = kNow + 5s;
  EXPECT_NE(ask({&store}, "GET", "/stats").body.find(R"("oldest_age_seconds":0,)"), std::string::npos);
  store.counted = {};
  store.in_trouble.clear();
  EXPECT_EQ(ask({&store}, "GET", "/stats").body,
            R"({"queued":0,"delivered":0,"taken":0,"dead":0,"lanes":0,"lent":0,"bytes":0,"pushed":false})");
}

struct Question {
  const char* method;
  std::string below;
  std::string body;
};
const Question kQuestions[] = {
    {"GET", "", ""},
    {"GET", "/stats", ""},
    {"GET", std::string("/") + kKey, ""},
    {"POST", "/take", ""},
    {"POST", "/ack", R"({"lease":"lease-1"})"},
    {"POST", "/redeliver", R"({"key":")" + std::string(kKey) + "\"}"},
    {"POST", "/forget", R"({"call":"c1"})"},
};

TEST(Inbox, AStoreThatFailsIsOurFaultAndSaysWhy) {
  for (const Question& question : kQuestions) {
    ScriptedStore store;
    fill(store);
    store.failure = "the disk is full";
    const auto response = ask({&store}, question.method, question.below, question.body);
    EXPECT_EQ(response.status, 503) << question.below;
    EXPECT_EQ(response.headers.find("Retry-After"), "2") << question.below;
    EXPECT_NE(detail_of(response).find("the disk is full"), std::string::npos) << response.body;
  }
}

TEST(Inbox, AStoreThatIsSilentIsGivenUpAndMayAnswerLate) {
  for (const Question& question : kQuestions) {
    ScriptedStore store;
    fill(store);
    store.silent = true;
    const auto response =
        ask({.store = &store, .patience = 1ms}, question.method, question.below, question.body);
    EXPECT_EQ(response.status, 503) << question.below;
    EXPECT_EQ(response.headers.find("Retry-After"), "2") << question.below;
    EXPECT_NE(detail_of(response).find("did not answer in time"), std::string::npos) << response.body;
    store.tell();
  }
}

TEST(Inbox, WithoutOneEveryPathSaysHowToGetIt) {
  for (const Question& question : kQuestions) {
    const auto response = ask({}, question.method, question.below, question.body);
    EXPECT_EQ(response.status, 404) << question.below;
    EXPECT_NE(detail_of(response).find("--inbox FILE"), std::string::npos) << response.body;
  }
}

TEST(Inbox, WhoPushesIsToldOfWhatIsQueuedAgain) {
  int told = 0;
  ScriptedStore store;
  fill(store);
  const InboxAccess inbox{.store = &store, .changed = [&] { ++told; }, .patience = 1ms};
  const auto redeliver = [&](const std::string& keys) {
    return ask({.store = &store, .changed = inbox.changed}, "POST", "/redeliver", "{\"keys\":[" + keys + "]}")
        .status;
  };
  const std::string good = "\"" + std::string(kKey) + "\"", bad = "\"" + std::string(kOtherKey) + "\"";
  EXPECT_EQ(redeliver(good), 200);
  EXPECT_EQ(told, 1);
  EXPECT_EQ(redeliver(bad + "," + good), 200);
  EXPECT_EQ(told, 2);
  EXPECT_EQ(redeliver(bad), 404);
  EXPECT_EQ(told, 2);
  store.failure = "broken";
  EXPECT_EQ(redeliver(good), 503);
  EXPECT_EQ(told, 3) << "it may have been done";
}

TEST(Inbox, TheSiteAsksWhoItIsAndHandsOn) {
  struct Row {
    const char* method;
    const char* target;
    http::Headers headers;
    int status;
  };
  const http::Headers good{{"Host", "127.0.0.1:9464"}, {"Authorization", "Bearer secret"}};
  const http::Headers no_token{{"Host", "127.0.0.1:9464"}};
  const http::Headers other_host{{"Host", "evil.example"}, {"Authorization", "Bearer secret"}};
  http::Headers other_site = good;
  other_site.add("Origin", "https://evil.example");
  const Row rows[] = {
      {"GET", "/api/v1/inbox", good, 200},
      {"GET", "/api/v1/inbox", no_token, 401},
      {"GET", "/api/v1/inbox", other_host, 421},
      {"GET", "/api/v1/inbox", other_site, 200},
      {"POST", "/api/v1/inbox/take", good, 200},
      {"POST", "/api/v1/inbox/take", no_token, 401},
      {"POST", "/api/v1/inbox/take", other_host, 421},
      {"POST", "/api/v1/inbox/take", other_site, 403},
      {"DELETE", "/api/v1/inbox/take", other_site, 403},
      {"GET", "/api/v1/inboxes", good, 404},
  };
  for (const Row& row : rows) {
    ScriptedStore store;
    FakeCommands commands;
    commands.store = &store;
    const auto response = answer({{"127.0.0.1", 9464}, base::Redacted<std::string>("secret")}, commands,
                                 request(row.method, row.target, row.headers), "")
                              .response;
    EXPECT_EQ(response.status, row.status) << row.method << " " << row.target << "\n" << response.body;
    EXPECT_EQ(response.headers.find("X-Content-Type-Options"), "nosniff");
  }
  FakeCommands commands;
  const auto post = [&](const char* target, std::string_view body) {
    return answer({{"127.0.0.1", 9464}, {}}, commands, request("POST", target, {{"Host", "localhost"}}), body)
        .response;
  };
  EXPECT_EQ(post("/api/v1/inbox/take", "").status, 404) << "there is none";
  ScriptedStore store;
  fill(store);
  commands.store = &store;
  EXPECT_EQ(post("/api/v1/inbox/redeliver", R"({"key":")" + std::string(kKey) + "\"}").status, 200);
  EXPECT_EQ(commands.changes, 1);
  commands.pushes = true;
  EXPECT_EQ(post("/api/v1/inbox/take", "").status, 409);
}

}  // namespace
}  // namespace callgate::admin
