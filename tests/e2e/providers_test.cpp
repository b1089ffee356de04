// SPDX-License-Identifier: Apache-2.0
// Several issuers and routes: whose keys count where, and who is asked how often.
#include <gtest/gtest.h>

#include <chrono>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

std::string provider(const std::string& name, const TestIssuer& issuer,
                     const std::string& audience = kAudience) {
  return "[[provider]]\nname = \"" + name + "\"\nissuer = \"" + issuer.url() +
         "\"\ninsecure_http_issuer = true\naudiences = [\"" + audience + "\"]\n";
}
std::string route(const std::string& path, const std::string& providers) {
  return "[[route]]\npath = \"" + path + "\"\nproviders = [" + providers + "]\n";
}
constexpr const char* kServer = "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n";

Gateway gateway_of(const Folder& folder, const std::string& more) {
  return Gateway::with({"serve", "--config", folder.write("callgate.toml", kServer + more)});
}

TEST(Providers, EachRouteTakesItsOwn) {
  TestIssuer one, two;
  const Folder folder;
  const Gateway gateway =
      gateway_of(folder, provider("one", one) + provider("two", two) + route("/one", "\"one\"") +
                             route("/two", "\"two\"") + route("/any", "\"one\", \"two\""));
  ASSERT_TRUE(gateway.becomes_ready());
  const struct {
    const char* path;
    const TestIssuer& from;
    int status;
    const char* reason;
  } rows[] = {
      {"/one", one, 200, ""},
      {"/one", two, 401, "key_unknown"},
      {"/two", two, 200, ""},
      {"/two", one, 401, "key_unknown"},
      {"/any", one, 200, ""},
      {"/any/below", two, 200, ""},
      {"/other", one, 404, "route_unknown"},
  };
  for (const auto& row : rows) {
    const Answer answer = post(gateway.address(), row.path, bearer(row.from.token()), event_body());
    EXPECT_EQ(answer.status, row.status) << row.path;
    EXPECT_EQ(answer.reason(), row.reason) << row.path;
  }
}

TEST(Providers, TheLongestPathCounts) {
  TestIssuer one, two;
  const Folder folder;
  const Gateway gateway = gateway_of(folder, provider("one", one) + provider("two", two) +
                                                 route("/a", "\"one\"") + route("/a/b", "\"two\""));
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(post(gateway.address(), "/a/c", bearer(one.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/a/b/c", bearer(two.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/a/b", bearer(one.token()), event_body()).status, 401);
  EXPECT_EQ(post(gateway.address(), "/a/%62", bearer(one.token()), event_body()).status, 401) << "is /a/b";
  EXPECT_EQ(post(gateway.address(), "/a/bc", bearer(one.token()), event_body()).status, 200);
}

TEST(Providers, ThatShareAnEndpointShareItsFetches) {
  TestIssuer issuer;
  const Folder folder;
  const std::string other_audience = "6a1c3f50-0b1d-4e62-9a77-0f4f5f0e9d12";
  const Gateway gateway = gateway_of(folder, "[keys]\nrefresh_window = \"1s\"\n" + provider("first", issuer) +
                                                 provider("second", issuer, other_audience) +
                                                 route("/one", "\"first\"") + route("/two", "\"second\""));
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(issuer.fetches(), 1);
  const std::string for_second = issuer.token({{"aud", "\"" + other_audience + "\""}});
  EXPECT_EQ(post(gateway.address(), "/two", bearer(for_second), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/one", bearer(for_second), event_body()).reason(), "audience_mismatch");
  issuer.rotate();
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer.token()), event_body()).status, 200);
  EXPECT_EQ(issuer.fetches(), 2) << "one refresh for both";
}

TEST(Providers, OnesOutageIsNotTheOthers) {
  TestIssuer up, down;
  down.set_down(true);
  const Folder folder;
  Gateway gateway = gateway_of(folder, provider("up", up) + provider("down", down) + route("/up", "\"up\"") +
                                           route("/down", "\"down\"") + route("/both", "\"down\", \"up\""));
  ASSERT_TRUE(gateway.process().wait_for_error_text("keys of up changed"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("HTTP status 503"));
  EXPECT_EQ(post(gateway.address(), "/up", bearer(up.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/both", bearer(up.token()), event_body()).status, 200);
  const Answer later = post(gateway.address(), "/down", bearer(down.token()), event_body());
  EXPECT_EQ(later.status, 503);
  EXPECT_EQ(later.reason(), "keys_unavailable");
  EXPECT_EQ(get(gateway.admin(), "/readyz").status, 503);
}

TEST(Providers, OnesRotationIsLearnedDuringTheOthersOutage) {
  TestIssuer up, down;
  down.set_down(true);
  const Folder folder;
  Gateway gateway = gateway_of(folder, "[keys]\nrefresh_window = \"1s\"\n" + provider("down", down) +
                                           provider("up", up) + route("/both", "\"down\", \"up\""));
  ASSERT_TRUE(gateway.process().wait_for_error_text("keys of up changed"));
  up.rotate();
  EXPECT_EQ(post(gateway.address(), "/both", bearer(up.token()), event_body()).status, 200);
  const Answer later = post(gateway.address(), "/both", bearer(down.token()), event_body());
  EXPECT_EQ(later.reason(), "keys_unavailable") << "it could be the other's, who cannot be asked";
}

// Both are asked for a key that neither has. The answer of one does not end the wait for the other's.
TEST(Providers, OnesAnswerDoesNotEndTheWaitForTheOthers) {
  TestIssuer quick, slow;
  const Folder folder;
  const Gateway gateway = gateway_of(
      folder, provider("quick", quick) + provider("slow", slow) + route("/both", "\"quick\", \"slow\""));
  ASSERT_TRUE(gateway.becomes_ready());
  slow.rotate();
  slow.hold();
  Wire sender(gateway.address());
  sender.send(post_text("/both", bearer(slow.token()), event_body()));
  const std::string shown = "GET /metrics HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n\r\n";
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (request(gateway.admin(), shown).body.find("fetch_total{provider=\"quick\",result=\"ok\"} 2") ==
             std::string::npos &&
         std::chrono::steady_clock::now() < deadline) {
  }
  slow.release();
  EXPECT_EQ(sender.receive().status, 200);
  EXPECT_EQ(quick.fetches(), 2);
}

TEST(Providers, TwoKeysOfOneNameNeverMix) {
  TestIssuer one, two;
  one.rotate("shared");
  two.rotate("shared");
  const Folder folder;
  const Gateway gateway =
      gateway_of(folder, provider("one", one) + provider("two", two) + route("/one", "\"one\"") +
                             route("/two", "\"two\"") + route("/any", "\"one\", \"two\""));
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(post(gateway.address(), "/one", bearer(one.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/one", bearer(two.token()), event_body()).reason(), "signature_invalid");
  EXPECT_EQ(post(gateway.address(), "/two", bearer(one.token()), event_body()).reason(), "signature_invalid");
  EXPECT_EQ(post(gateway.address(), "/any", bearer(one.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/any", bearer(two.token()), event_body()).status, 200);
  // Signed by one, in the name of the other: its key is good, but not for this issuer.
  const std::string crossed = one.token({{"iss", "\"" + two.url() + "\""}});
  EXPECT_EQ(post(gateway.address(), "/any", bearer(crossed), event_body()).status, 401);
  EXPECT_EQ(one.fetches() + two.fetches(), 2) << "none of it is a reason to fetch";
}

TEST(Providers, ASecretInTheQueryIsAProofOfItsOwn) {
  TestIssuer issuer;
  const Folder folder;
  folder.write("secret.txt", "open sesame\n");
  const std::string secret = "query_secret = { name = \"code\", file = \"secret.txt\" }\n";
  Gateway gateway = gateway_of(
      folder, provider("acs", issuer) + route("/plain", "") + secret + route("/both", "\"acs\"") + secret);
  ASSERT_TRUE(gateway.becomes_ready());
  const http::Headers json{{"Content-Type", "application/json"}};
  EXPECT_EQ(post(gateway.address(), "/plain?code=open%20sesame", json, event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/plain?code=open%20sesame", json, "{}").reason(), "event_malformed");
  const Answer refused = post(gateway.address(), "/plain?code=wrong-one", json, event_body());
  EXPECT_EQ(refused.status, 403);
  EXPECT_EQ(refused.reason(), "query_secret_wrong");
  EXPECT_EQ(post(gateway.address(), "/both?code=open%20sesame", json, event_body()).reason(),
            "token_missing");
  EXPECT_EQ(post(gateway.address(), "/both?code=x", bearer(issuer.token()), event_body()).status, 403);
  EXPECT_EQ(post(gateway.address(), "/both?code=open%20sesame", bearer(issuer.token()), event_body()).status,
            200);
  gateway.process().signal(SIGTERM);
  EXPECT_EQ(gateway.process().wait(), 0);
  EXPECT_EQ(gateway.process().errors().find("sesame"), std::string::npos) << "no secret in the log";
  EXPECT_EQ(gateway.process().errors().find("wrong-one"), std::string::npos);
}

}  // namespace
}  // namespace callgate::e2e
