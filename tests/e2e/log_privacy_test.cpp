// SPDX-License-Identifier: Apache-2.0
// What is the callers' and senders' own stands in no log line and on no page of the admin port: phone
// numbers, incomingCallContext, query strings, paths below the route, cookies, tokens. What finds a callback
// again does.
#include <gtest/gtest.h>

#include <callgate/json/document.hpp>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";
constexpr const char* kSecrets[] = {
    "2065550143", "c0ntext-0f-the-call", "Dora Caller", "s3cret-of-the-query", "below-the-route", "c00kie",
    "n0-token",   "open-sesame",         "forged-id"};

std::string incoming_call() {
  return R"([{"id":"1","topic":"/t","subject":"/caller/4:+12065550143/recipient/8:acs:x","data":{"from":{"rawId":)"
         R"("4:+12065550143"},"callerDisplayName":"Dora Caller","incomingCallContext":"c0ntext-0f-the-call"},)"
         R"("eventType":"Microsoft.Communication.IncomingCall","eventTime":"2026-09-30T08:15:42Z","dataVersion":"1"}])";
}

std::string call_event() {
  return R"({"id":"2","source":"s","specversion":"1.0","type":"Microsoft.Communication.CallConnected","subject":)"
         R"("caller 4:+12065550143","data":{"callConnectionId":"3a9f5c10","from":"4:+12065550143",)"
         R"("incomingCallContext":"c0ntext-0f-the-call","callerDisplayName":"Dora Caller"}})";
}

class LogPrivacy : public testing::TestWithParam<const char*> {
 protected:
  LogPrivacy() : gateway_(Gateway::with({"serve", "--config", write_config()})) {}

  std::string write_config() const {
    folder_.write("secret.txt", "open-sesame");
    return folder_.write(
        "callgate.toml",
        std::string("[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[log]\nformat = \"") +
            GetParam() +
            "\"\nlevel = \"debug\"\n[[provider]]\nname = \"acs\"\ninsecure_http_issuer = true\nissuer = \"" +
            issuer_.url() + "\"\naudiences = [\"" + kAudience + "\"]\n" +
            "[[route]]\npath = \"/api/callback\"\nproviders = [\"acs\"]\nreplay = \"off\"\n" +
            "[[route]]\npath = \"/gone\"\nproviders = [\"acs\"]\nreplay = \"off\"\nupstream = "
            "\"http://127.0.0.1:1\"\n" +
            "[[route]]\npath = \"/shadow\"\nproviders = [\"acs\"]\nreplay = \"off\"\nupstream = "
            "\"http://127.0.0.1:1\"\nshadow = true\n" +
            "[[route]]\npath = \"/grid\"\nproviders = []\nquery_secret = { name = \"code\", file = "
            "\"secret.txt\" }\n");
  }
  int send(const std::string& route, const http::Headers& proof, const std::string& body,
           const std::string& query = {}) const {
    http::Headers headers = proof;
    headers.add("Cookie", "session=c00kie");
    headers.add("X-Request-Id", "forged-id");
    headers.add("traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-01");
    return post(gateway_.address(),
                route + "/below-the-route/+12065550143?to=%2B12065550143&x=s3cret-of-the-query" + query,
                headers, body)
        .status;
  }
  // What the admin port shows, then the log up to its end.
  std::string all_that_is_said() {
    std::string text;
    for (const char* target :
         {"/api/v1/verdicts", "/api/v1/status", "/api/v1/keys", "/metrics", "/readyz?verbose"})
      text += request(gateway_.admin(),
                      std::string("GET ") + target + " HTTP/1.1\r\nHost: " + gateway_.admin() + "\r\n\r\n")
                  .body;
    gateway_.process().signal(SIGTERM);
    EXPECT_EQ(gateway_.process().wait(), 0);
    EXPECT_TRUE(gateway_.process().wait_for_error_text("stopped"));
    return text + gateway_.process().errors();
  }

  TestIssuer issuer_;
  const Folder folder_;
  Gateway gateway_;
};

INSTANTIATE_TEST_SUITE_P(As, LogPrivacy, testing::Values("text", "json"),
                         [](const auto& of) { return std::string(of.param); });

TEST_P(LogPrivacy, NothingThatIsSomebodysOwnIsWritten) {
  ASSERT_TRUE(gateway_.becomes_ready());
  const http::Headers json{{"Content-Type", "application/json"}, {"aeg-event-type", "Notification"}};
  const std::string good = issuer_.token({{"sub", "\"Dora Caller\""}});
  const std::string stale = issuer_.token({{"exp", "1"}, {"sub", "\"Dora Caller\""}});
  EXPECT_EQ(send("/api/callback", bearer(good), call_event()), 200);
  EXPECT_EQ(send("/api/callback", bearer(stale), call_event()), 401);
  EXPECT_EQ(send("/api/callback", bearer("n0-token"), call_event()), 401);
  EXPECT_EQ(send("/api/callback", bearer(good), "{\"from\":\"4:+12065550143\"}"), 400);
  EXPECT_EQ(send("/nowhere", bearer(good), call_event()), 404);
  EXPECT_EQ(send("/gone", bearer(good), call_event()), 502);
  EXPECT_EQ(send("/shadow", bearer(stale), call_event()), 502);
  EXPECT_EQ(send("/grid", json, incoming_call(), "&code=open-sesame"), 200);
  EXPECT_EQ(send("/grid", json, incoming_call(), "&code=s3cret-of-the-query"), 403);
  const std::string said = all_that_is_said();
  for (const char* secret : kSecrets)
    EXPECT_EQ(said.find(secret), std::string::npos) << secret << "\n" << said;
  for (const std::string& token : {good, stale}) {
    for (std::size_t at = 0; at < token.size(); at = token.find('.', at) + 1) {
      EXPECT_EQ(said.find(token.substr(at, 24)), std::string::npos) << said;
      if (token.find('.', at) == std::string::npos) break;
    }
  }
  EXPECT_NE(said.find("3a9f5c10"), std::string::npos) << "the call can be found again";
}

TEST_P(LogPrivacy, NumbersThatStandInIdsAreMasked) {
  ASSERT_TRUE(gateway_.becomes_ready());
  const std::string event =
      R"({"id":"+12065550143","source":"s","specversion":"1.0","type":"Called.+12065550143",)"
      R"("data":{"callConnectionId":"4:+12065550143"}})";
  EXPECT_EQ(send("/api/callback", bearer(issuer_.token()), event), 200);
  EXPECT_EQ(send("/api/callback",
                 bearer(issuer_.token_with_header(R"({"alg":"RS256","kid":"+1 206-555-0143"})")), event),
            401);
  Wire stream(gateway_.admin());
  stream.send("GET /api/v1/verdicts/stream HTTP/1.1\r\nHost: " + gateway_.admin() +
              "\r\nLast-Event-ID: 0\r\n\r\n");
  stream.read_until("\n\n");
  std::string said = stream.read_until("\n\n");
  said += stream.read_until("\n\n");
  EXPECT_NE(said.find("4:+12...143"), std::string::npos) << said;
  said += all_that_is_said();
  for (const char* own : {"2065550143", "206-555"}) EXPECT_EQ(said.find(own), std::string::npos) << said;
  const std::string log = gateway_.process().errors();
  for (const char* left : {"4:+12...143", "Called.+12...143"})
    EXPECT_NE(log.find(left), std::string::npos) << left << "\n" << log;
  EXPECT_NE(log.find(GetParam() == std::string("json") ? "\"kid\":\"+12...143\"" : "kid=+12...143"),
            std::string::npos)
      << log;
}

TEST_P(LogPrivacy, TheTraceOfTheSenderIsWrittenIfItIsOne) {
  ASSERT_TRUE(gateway_.becomes_ready());
  EXPECT_EQ(send("/api/callback", bearer(issuer_.token()), call_event()), 200);
  for (const char* none :
       {"00-00000000000000000000000000000000-b7ad6b7169203331-01", "\"verdict=admit", "00-zz"}) {
    http::Headers headers = bearer(issuer_.token());
    headers.add("traceparent", none);
    EXPECT_EQ(post(gateway_.address(), kPath, headers, call_event()).status, 200)
        << "never a reason to refuse";
  }
  const std::string said = all_that_is_said();
  const std::string log = gateway_.process().errors();
  const std::string expected = GetParam() == std::string("json") ? "\"trace_id\":\"" : " trace=";
  EXPECT_NE(log.find(expected + kTrace), std::string::npos) << log;
  for (const char* none : {"00000000000000000000000000000000", "00-zz", "\\\"verdict"})
    EXPECT_EQ(said.find(none), std::string::npos) << none;
}

TEST_P(LogPrivacy, EachLineIsWhole) {
  ASSERT_TRUE(gateway_.becomes_ready());
  send("/api/callback",
       bearer(issuer_.token_with_header("{\"alg\":\"RS256\",\"kid\":\"\\r\\n\\u202e\\u0000\\\"{\"}")),
       call_event());
  send("/gone", bearer(issuer_.token()), call_event());
  gateway_.process().signal(SIGHUP);
  ASSERT_TRUE(gateway_.process().wait_for_error_text("the new configuration is in force"));
  all_that_is_said();
  const std::string log = gateway_.process().errors();
  ASSERT_TRUE(log.ends_with('\n'));
  for (std::size_t at = 0; at < log.size(); at = log.find('\n', at) + 1) {
    const std::string line = log.substr(at, log.find('\n', at) - at);
    for (const char c : line) EXPECT_TRUE(c >= 0x20 && c < 0x7F) << line;
    if (GetParam() == std::string("json")) {
      const auto document = json::parse(line);
      ASSERT_TRUE(document) << line;
      for (const char* member : {"time", "level", "event"})
        EXPECT_TRUE(document->root().find(member)) << line;
    } else {
      EXPECT_EQ(line.substr(4, 1) + line.substr(10, 1) + line.substr(23, 1), "-TZ") << line;
    }
  }
}

}  // namespace
}  // namespace callgate::e2e
