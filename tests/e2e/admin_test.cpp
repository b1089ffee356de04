// SPDX-License-Identifier: Apache-2.0
// The admin port of a running gateway: keys, refresh, metrics, and who may ask.
#include <gtest/gtest.h>

#include <callgate/json/document.hpp>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

Answer ask(const Gateway& gateway, const std::string& request_line, const std::string& more = {}) {
  return request(gateway.admin(),
                 request_line + " HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n" + more + "\r\n");
}

TEST(Admin, ShowsTheKeysInUseAndRefreshesThemOnDemand) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--keys-refresh-window", "1h"});
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer shown = ask(gateway, "GET /api/v1/keys");
  ASSERT_EQ(shown.status, 200);
  EXPECT_NE(shown.body.find(issuer.key().kid()), std::string::npos) << shown.body;
  EXPECT_TRUE(json::parse(shown.body)) << shown.body;

  issuer.rotate();
  const std::string fresh = issuer.key().kid();
  const Answer begun = ask(gateway, "POST /api/v1/keys/refresh", "Content-Length: 0\r\n");
  EXPECT_EQ(begun.status, 202) << begun.body;
  ASSERT_TRUE(gateway.process().wait_for_error_text("+" + fresh));
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);

  Process table(CALLGATE_PROGRAM, {"keys", "--admin", "http://" + gateway.admin()});
  EXPECT_EQ(table.wait(), 0) << table.errors();
  EXPECT_NE(table.output().find(fresh), std::string::npos) << table.output();
  Process document(CALLGATE_PROGRAM, {"keys", "--admin", "http://" + gateway.admin(), "-o", "json"});
  EXPECT_EQ(document.wait(), 0);
  EXPECT_TRUE(json::parse(document.output())) << document.output();
}

TEST(Admin, AnotherSiteCannotReachIn) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(request(gateway.admin(), "GET /api/v1/keys HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 421);
  EXPECT_EQ(ask(gateway, "POST /api/v1/keys/refresh", "Origin: https://evil.example\r\nContent-Length: 0\r\n")
                .status,
            403);
  EXPECT_EQ(request(gateway.admin(), "GET /readyz HTTP/1.1\r\nHost: evil.example\r\n\r\n").status, 200);
}

TEST(Admin, MetricsCountWhatWasAnswered) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  EXPECT_EQ(gateway.callback("garbage", event_body()).status, 401);
  EXPECT_EQ(get(gateway.address(), "/nowhere").status, 404);
  const Answer metrics = ask(gateway, "GET /metrics");
  ASSERT_EQ(metrics.status, 200);
  for (const char* line :
       {"callgate_requests_total{provider=\"acs\",verdict=\"admit\",reason=\"-\"} 1",
        "callgate_requests_total{provider=\"acs\",verdict=\"refuse\",reason=\"token_malformed\"} 1",
        "callgate_requests_total{provider=\"-\",verdict=\"refuse\",reason=\"route_unknown\"} 1",
        "callgate_request_duration_seconds_count 3", "callgate_verify_duration_seconds_count 2",
        "callgate_keys_fetch_total{provider=\"acs\",result=\"ok\"} 1",
        "callgate_keys_count{provider=\"acs\"} 1", "callgate_key_unknown_total{provider=\"acs\"} 0",
        "callgate_connections ", "callgate_build_info{"}) {
    EXPECT_NE(metrics.body.find(line), std::string::npos) << line << "\n" << metrics.body;
  }
}

TEST(Admin, AWrongClockIsToldByTheTokensToo) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--clock-skew", "5m"});
  ASSERT_TRUE(gateway.becomes_ready());
  for (int i = 0; i < 5; ++i) {
    const std::int64_t ahead = now_seconds() + 60 + i;
    EXPECT_EQ(gateway
                  .callback(issuer.token({{"iat", std::to_string(ahead)},
                                          {"nbf", std::to_string(ahead)},
                                          {"exp", std::to_string(ahead + 300)}}),
                            event_body())
                  .status,
              200);
  }
  // Judged once a minute, and at every reload.
  gateway.process().signal(SIGHUP);
  ASSERT_TRUE(gateway.process().wait_for_error_text("the new configuration is in force"));
  const std::string errors = gateway.process().errors();
  EXPECT_NE(errors.find("by its tokens, "), std::string::npos) << errors;
  EXPECT_NE(errors.find(" s ahead of ours"), std::string::npos) << errors;
}

// What nobody has signed, and what somebody kept, steers no clock.
TEST(Admin, StrangersAndRepeatsSayNothingAboutTheClock) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--clock-skew", "5m"});
  ASSERT_TRUE(gateway.becomes_ready());
  const auto stranger = *mint::SigningKey::generate_rsa(2048, issuer.key().kid());
  const std::string old = issuer.token({{"iat", std::to_string(now_seconds() - 200)}});
  for (int i = 0; i < 20; ++i) {
    const std::string ahead = std::to_string(now_seconds() + 1000 + i);
    EXPECT_EQ(gateway
                  .callback(mint::sign_token(stranger, R"({"alg":"RS256","kid":")" + stranger.kid() + "\"}",
                                             issuer.claims({{"iat", ahead}, {"nbf", ahead}})),
                            event_body())
                  .reason(),
              "signature_invalid");
    gateway.callback(old, event_body());
  }
  gateway.process().signal(SIGHUP);
  ASSERT_TRUE(gateway.process().wait_for_error_text("the new configuration is in force"));
  EXPECT_EQ(gateway.process().errors().find("clock: "), std::string::npos) << gateway.process().errors();
}

}  // namespace
}  // namespace callgate::e2e
