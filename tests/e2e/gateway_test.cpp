// SPDX-License-Identifier: Apache-2.0
// The good way: what an admitted callback gets, and that the outside is as promised.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

TEST(Gateway, AdmitsAGenuineCallback) {
  const TestIssuer issuer;
  const Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer answer = gateway.callback(issuer.token(), event_body());
  EXPECT_EQ(answer.status, 200) << answer.body;
  EXPECT_EQ(answer.body, R"({"success":true})");
  EXPECT_EQ(answer.headers.find("Content-Type"), "application/json");
  EXPECT_EQ(answer.headers.find("X-Request-Id")->size(), 36U);
}

TEST(Gateway, AdmitsEveryFormOfEventAndToken) {
  const TestIssuer issuer;
  const Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string event = event_body().substr(1, event_body().size() - 2);
  const std::string token = issuer.token();
  EXPECT_EQ(gateway.callback(token, event).status, 200) << "one event without an array";
  EXPECT_EQ(gateway.callback(issuer.token(), "[" + event + "," + event + "]").status, 200) << "a batch";
  EXPECT_EQ(gateway.callback(issuer.token({{"jti", "-"}, {"nbf", "-"}, {"iat", "-"}}), event).status, 200)
      << "exp alone";
  EXPECT_EQ(
      gateway.callback(issuer.token({{"aud", "[\"x\",\"5D0C7E14-92AB-4C3F-A1D8-E67B30F59C21\"]"}}), event)
          .status,
      200)
      << "audience list, other case";
  EXPECT_EQ(post(gateway.address(), "/api/callback/a/b?token=x", bearer(token), event).status, 200)
      << "below the path";
  EXPECT_EQ(post(gateway.address(), kPath, {{"authorization", "bEARER   " + token}}, event).status, 200)
      << "scheme in any case, no content type";
  const http::Headers binary{{"Authorization", "Bearer " + issuer.token()},
                             {"ce-specversion", "1.0"},
                             {"ce-id", "1"},
                             {"ce-source", "/s"},
                             {"ce-type", "t"}};
  EXPECT_EQ(post(gateway.address(), kPath, binary, "{}").status, 200) << "binary mode";
}

TEST(Gateway, KeepsConnectionsAndAnswersInOrder) {
  const TestIssuer issuer;
  const Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string good = post_text(kPath, bearer(issuer.token()), event_body());
  const std::string bad = post_text(kPath, {{"Content-Type", "application/json"}}, event_body());
  Wire wire(gateway.address());
  wire.send(good + bad + good + post_text("/other", {}, "x"));
  EXPECT_EQ(wire.receive().status, 200);
  EXPECT_EQ(wire.receive().status, 401);
  EXPECT_EQ(wire.receive().status, 200);
  EXPECT_EQ(wire.receive().status, 404);
}

TEST(Gateway, TakesChunkedBodiesAndExpect100) {
  const TestIssuer issuer;
  const Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string head = std::string("POST ") + kPath + " HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer " +
                           issuer.token() + "\r\n";
  const std::string body = event_body();
  Wire chunked(gateway.address());
  chunked.send(head + "Transfer-Encoding: chunked\r\n\r\n1\r\n" + body.substr(0, 1) + "\r\n");
  char size[16];
  std::snprintf(size, sizeof size, "%zx\r\n", body.size() - 1);
  chunked.send(size + body.substr(1) + "\r\n0\r\n\r\n");
  EXPECT_EQ(chunked.receive().status, 200);

  Wire expecting(gateway.address());
  expecting.send(head + "Expect: 100-continue\r\nContent-Length: " + std::to_string(body.size()) +
                 "\r\n\r\n");
  EXPECT_EQ(expecting.receive().status, 100);
  expecting.send(body);
  EXPECT_EQ(expecting.receive().status, 200);

  Wire hopeless(gateway.address());
  hopeless.send(std::string("POST ") + kPath +
                " HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(hopeless.receive().status, 401) << "the body is not asked for";
}

TEST(Gateway, ASenderDoesNotChooseTheRequestId) {
  const TestIssuer issuer;
  const Gateway gateway(issuer.url());
  http::Headers headers;
  headers.add("X-Request-Id", "mine");
  const Answer answer = post(gateway.address(), kPath, headers, "");
  EXPECT_NE(answer.headers.find_single("X-Request-Id"), "mine");
}

TEST(Gateway, HealthIsOnTheAdminPortAlone) {
  const TestIssuer issuer;
  const Gateway gateway(issuer.url());
  EXPECT_EQ(get(gateway.admin(), "/livez").status, 200);
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_NE(get(gateway.admin(), "/readyz?verbose").body.find("[+] keys of acs: 1 key"), std::string::npos);
  EXPECT_EQ(request(gateway.admin(), "GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n").status, 404);
  EXPECT_EQ(get(gateway.address(), "/livez").status, 404);
  EXPECT_EQ(get(gateway.address(), "/readyz").status, 404);
}

TEST(Start, AnAddressInUseIsExit2EvenWithReusePort) {
  const TestIssuer issuer;
  const Gateway first(issuer.url());
  Process second(CALLGATE_PROGRAM,
                 {"serve", "--listen", first.address(), "--admin", "off", "--audience", kAudience});
  EXPECT_EQ(second.wait(), 2);
  EXPECT_TRUE(second.wait_for_error_text("already in use"));
}

TEST(Start, BadConfigurationIsExit2WithAWord) {
  const struct {
    std::vector<std::string> flags;
    const char* says;
  } cases[] = {
      {{"serve"}, "--audience"},
      {{"serve", "--audience", kAudience, "--issuer", "http://x"}, "--insecure-http-issuer"},
      {{"serve", "--audience", kAudience, "--keys", "/nonexistent"}, "/nonexistent"},
      {{"serve", "--audience", kAudience, "--nonsense"}, "--nonsense"},
      {{"sreve"}, "sreve"},
      {{}, "callgate serve"},
  };
  for (const auto& c : cases) {
    Process process(CALLGATE_PROGRAM, c.flags);
    EXPECT_EQ(process.wait(), 2) << c.says;
    EXPECT_TRUE(process.wait_for_error_text(c.says)) << process.errors();
  }
}

TEST(Start, VersionAndHelp) {
  Process version(CALLGATE_PROGRAM, {"version"});
  EXPECT_EQ(version.wait(), 0);
  EXPECT_NE(version.output().find("openssl"), std::string::npos);
  Process help(CALLGATE_PROGRAM, {"serve", "--help"});
  EXPECT_EQ(help.wait(), 0);
  EXPECT_NE(help.output().find("127.0.0.1:8080"), std::string::npos);
}

TEST(Start, EveryVerbHasHelp) {
  struct Row {
    const char* program;
    std::vector<std::string> verb;
    const char* shows;  // a default, where there is one
  };
  const char* const gateway = CALLGATE_PROGRAM;
  const char* const emulator = CALLGATE_EMULATOR_PROGRAM;
  const Row rows[] = {
      {gateway, {}, "callgate VERB --help"},
      {gateway, {"serve"}, "=127.0.0.1:8080"},
      {gateway, {"check"}, "=127.0.0.1:8080"},
      {gateway, {"verify"}, "=30s"},
      {gateway, {"keys"}, "=text"},
      {gateway, {"version"}, "=text"},
      {gateway, {"inbox"}, "take --max 10"},
      {gateway, {"inbox", "list"}, "=100"},
      {gateway, {"inbox", "show"}, "=text"},
      {gateway, {"inbox", "take"}, "=60s"},
      {gateway, {"inbox", "ack"}, "all of them"},
      {gateway, {"inbox", "redeliver"}, "=text"},
      {gateway, {"inbox", "forget"}, "=text"},
      {gateway, {"inbox", "stats"}, "=text"},
      {emulator, {}, "keys-fault"},
      {emulator, {"serve"}, "=127.0.0.1:8085"},
      {emulator, {"call"}, "=inbound-ivr"},
      {emulator, {"token"}, "=none"},
      {emulator, {"rotate"}, "=http://127.0.0.1:8085"},
      {emulator, {"keys-fault"}, "=http://127.0.0.1:8085"},
  };
  for (const Row& row : rows) {
    for (const char* word : {"--help", "-h"}) {
      std::vector<std::string> arguments = row.verb;
      arguments.emplace_back(word);
      Process process(row.program, arguments);
      EXPECT_EQ(process.wait(), 0) << row.shows << process.errors();
      EXPECT_NE(process.output().find(row.shows), std::string::npos) << process.output();
      EXPECT_EQ(process.errors(), "") << row.shows;
    }
  }
}

}  // namespace
}  // namespace callgate::e2e
