// SPDX-License-Identifier: Apache-2.0
// What the person on call sees of single callbacks: the list, its stream, and what shadow mode let pass.
#include <gtest/gtest.h>

#include <callgate/json/document.hpp>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

constexpr const char* kTrace = "0af7651916cd43dd8448eb211c80319c";

std::string admin_request(const Gateway& gateway, const std::string& target, const std::string& more = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n" + more + "\r\n";
}

Answer callback(const Gateway& gateway, const std::string& token, const std::string& query = "") {
  http::Headers headers = bearer(token);
  headers.add("traceparent", std::string("00-") + kTrace + "-b7ad6b7169203331-01");
  return post(gateway.address(), kPath + query, headers, event_body());
}

TEST(Verdicts, AreListedNewestFirstWithoutAnythingSecret) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  const Answer admitted = callback(gateway, token, "?callerId=%2B12065550143");
  const Answer refused = callback(gateway, issuer.token({{"exp", "1"}}));
  get(gateway.address(), "/nowhere");
  const Answer shown = request(gateway.admin(), admin_request(gateway, "/api/v1/verdicts"));
  ASSERT_EQ(shown.status, 200);
  const auto document = json::parse(shown.body);
  ASSERT_TRUE(document) << shown.body;
  const auto rows = document->root().find("verdicts")->elements();
  ASSERT_EQ(rows.size(), 3U) << shown.body;
  EXPECT_EQ(rows[0].find("reason")->as_string(), "route_unknown");
  EXPECT_EQ(rows[1].find("request_id")->as_string(), refused.headers.find_single("X-Request-Id"));
  EXPECT_EQ(rows[1].find("reason")->as_string(), "token_expired");
  EXPECT_EQ(rows[1].find("status")->as_integer(), 401);
  EXPECT_EQ(rows[2].find("request_id")->as_string(), admitted.headers.find_single("X-Request-Id"));
  EXPECT_EQ(rows[2].find("verdict")->as_string(), "admit");
  EXPECT_EQ(rows[2].find("provider")->as_string(), "acs");
  EXPECT_EQ(rows[2].find("route")->as_string(), kPath);
  EXPECT_EQ(rows[2].find("kid")->as_string(), issuer.key().kid());
  EXPECT_EQ(rows[2].find("event_types")->elements().at(0).as_string(),
            "Microsoft.Communication.CallConnected");
  EXPECT_EQ(rows[2].find("trace_id")->as_string(), kTrace);
  EXPECT_GT(rows[2].find("milliseconds")->as_number(), 0);
  for (const std::string& secret : {token.substr(0, 30), token.substr(token.size() - 30),
                                    std::string("callerId"), std::string("2065550143")})
    EXPECT_EQ(shown.body.find(secret), std::string::npos) << secret;
}

TEST(Verdicts, AreFollowedAsTheyCome) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  callback(gateway, issuer.token());
  Wire stream(gateway.admin());
  stream.send(admin_request(gateway, "/api/v1/verdicts/stream"));
  EXPECT_NE(stream.read_until("\r\n\r\n").find("Content-Type: text/event-stream"), std::string::npos);
  stream.read_until("\n\n");
  callback(gateway, "garbage");
  const std::string event = stream.read_until("\n\n");
  EXPECT_TRUE(event.starts_with("id: 2\ndata: {")) << event;
  EXPECT_NE(event.find("\"reason\":\"token_malformed\""), std::string::npos);

  Wire again(gateway.admin());
  again.send(admin_request(gateway, "/api/v1/verdicts/stream", "Last-Event-ID: 0\r\n"));
  again.read_until(": verdicts as they come\n\n");
  EXPECT_TRUE(again.read_until("\n\n").starts_with("id: 1\n")) << "from where the reader left off";
  EXPECT_TRUE(again.read_until("\n\n").starts_with("id: 2\n"));
  gateway.process().signal(SIGTERM);
  EXPECT_EQ(gateway.process().wait(), 0) << "readers hold nothing up";
}

TEST(Verdicts, TooManyFollowersAreToldSo) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  std::vector<std::unique_ptr<Wire>> readers;
  for (int i = 0; i < 32; ++i) {
    readers.push_back(std::make_unique<Wire>(gateway.admin()));
    readers.back()->send(admin_request(gateway, "/api/v1/verdicts/stream"));
    EXPECT_NE(readers.back()->read_until(": verdicts as they come\n\n").find("200 OK"), std::string::npos);
  }
  const Answer refused = request(gateway.admin(), admin_request(gateway, "/api/v1/verdicts/stream"));
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.headers.count("Retry-After"), 1U);
  readers.pop_back();
  // Its place is free once the gateway has seen that it is gone.
  while (true) {
    Wire next(gateway.admin());
    next.send(admin_request(gateway, "/api/v1/verdicts/stream"));
    if (next.read_until("\r\n").find("200 OK") != std::string::npos) break;
  }
}

TEST(Verdicts, TheLogLeavesOutWhatIsTooMuchAndSaysSo) {
  TestIssuer issuer;
  const Folder folder;
  const std::string file = folder.write("callgate.toml", "[log]\nverdicts_per_second_max = 1\n");
  Gateway gateway = Gateway::with(gateway_flags(issuer.url(), {"--config", file}));
  ASSERT_TRUE(gateway.becomes_ready());
  for (int i = 0; i < 50; ++i) callback(gateway, "garbage");
  EXPECT_EQ(callback(gateway, issuer.token()).status, 200);
  ASSERT_TRUE(gateway.process().wait_for_error_text("lines left out because there were too many"));
  gateway.process().signal(SIGTERM);
  EXPECT_EQ(gateway.process().wait(), 0);
  ASSERT_TRUE(gateway.process().wait_for_error_text("stopped"));
  const std::string log = gateway.process().errors();
  EXPECT_NE(log.find("verdict=admit"), std::string::npos) << "a flood of others hides none that was admitted";
  std::size_t lines = 0;
  for (std::size_t at = log.find("token_malformed"); at != std::string::npos;
       at = log.find("token_malformed", at + 1))
    ++lines;
  EXPECT_GE(lines, 1U);
  EXPECT_LT(lines, 25U) << log;
}

TEST(Status, SaysWhatIsServed) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  callback(gateway, issuer.token());
  const Answer answer = request(gateway.admin(), admin_request(gateway, "/api/v1/status"));
  const auto document = json::parse(answer.body);
  ASSERT_TRUE(document) << answer.body;
  const auto root = document->root();
  EXPECT_TRUE(*root.find("ready")->as_bool());
  EXPECT_EQ(root.find("listen")->as_string(), gateway.address());
  EXPECT_GE(*root.find("uptime_seconds")->as_number(), 0);
  const auto route = root.find("routes")->elements().at(0);
  EXPECT_EQ(route.find("path")->as_string(), kPath);
  EXPECT_EQ(route.find("deliver")->as_string(), "none");
  EXPECT_EQ(route.find("authorize")->as_string(), "/callgate/authorize");
  EXPECT_EQ(root.find("requests")->elements().at(0).find("count")->as_integer(), 1);
}

}  // namespace
}  // namespace callgate::e2e
