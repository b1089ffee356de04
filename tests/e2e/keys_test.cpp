// SPDX-License-Identifier: Apache-2.0
// Keys that are late, rotated or pinned.
#include <gtest/gtest.h>

#include <unistd.h>
#include <chrono>

#include <cstdio>
#include <fstream>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

using namespace std::chrono_literals;

TEST(Keys, KeyEndpointDownAtStartIs503AndHealsByItself) {
  TestIssuer issuer;
  issuer.set_down(true);
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.process().wait_for_error_text("HTTP status 503"));
  EXPECT_EQ(get(gateway.admin(), "/livez").status, 200);
  EXPECT_EQ(get(gateway.admin(), "/readyz").status, 503);
  const Answer refused = gateway.callback(issuer.token(), event_body());
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.reason(), "keys_unavailable");
  EXPECT_EQ(refused.headers.count("Retry-After"), 1U);
  EXPECT_EQ(refused.headers.count("WWW-Authenticate"), 0U);
  EXPECT_EQ(gateway.callback("no.token", event_body()).status, 401)
      << "a hopeless token is no reason to try again";
  issuer.set_down(false);
  EXPECT_TRUE(gateway.becomes_ready(5s));
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

TEST(Keys, TheFirstCallbackWithARotatedKeyWaitsForItAndIsAdmitted) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--workers", "1"});  // another one would learn of it a moment later
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string old_token = issuer.token();
  EXPECT_EQ(gateway.callback(old_token, event_body()).status, 200);
  issuer.rotate();
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200) << "not one genuine callback is lost";
  EXPECT_EQ(gateway.callback(old_token, event_body()).reason(), "key_unknown") << "withdrawn";
}

TEST(Keys, InsideASpentWindowAnUnknownKidIsRefusedAtOnce) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--keys-refresh-window", "1h"});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string stranger = issuer.token_with_header(R"({"alg":"RS256","kid":"stranger"})");
  EXPECT_EQ(gateway.callback(stranger, "").reason(), "key_unknown") << "waits for the one permitted refresh";
  issuer.rotate();
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).reason(), "key_unknown");
  EXPECT_EQ(issuer.fetches(), 2);
}

TEST(Keys, AnIssuerWhoseCertificateNobodyVouchesForIsNotBelieved) {
  const Folder folder;
  folder.make_certificate("issuer");
  const TestIssuer issuer(*net::TlsContext::load({folder.path("issuer.pem"), folder.path("issuer.key")}));
  const std::vector<std::string> flags{"serve",    "--listen",   "127.0.0.1:0", "--admin", "127.0.0.1:0",
                                       "--issuer", issuer.url(), "--audience",  kAudience};
  Gateway stranger = Gateway::with(flags);
  ASSERT_TRUE(stranger.process().wait_for_error_text("keys: "));
  EXPECT_EQ(get(stranger.admin(), "/readyz").status, 503);
  EXPECT_EQ(stranger.callback(issuer.token(), event_body()).reason(), "keys_unavailable");
  const Answer shown = request(stranger.admin(), "GET /api/v1/keys HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_NE(shown.body.find("\"cause\":\"tls\""), std::string::npos) << shown.body;

  std::vector<std::string> trusting = flags;
  trusting.insert(trusting.end(), {"--keys-ca", folder.path("issuer.pem")});
  const Gateway gateway = Gateway::with(trusting);
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

TEST(Keys, SendersThatLeaveWhileTheirKeyIsFetchedDoNoHarm) {
  TestIssuer issuer;
  const Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  issuer.rotate();
  issuer.hold();
  const std::string callback = post_text(kPath, bearer(issuer.token()), event_body());
  constexpr int kSenders = 64;
  std::vector<std::unique_ptr<Wire>> senders;
  for (int i = 0; i < kSenders; ++i) {
    senders.push_back(std::make_unique<Wire>(gateway.address()));
    senders.back()->send(i % 2 == 0 ? callback : callback.substr(0, callback.size() - 10));
  }
  // All of them have met the unknown key; those that wait are cut off at once.
  const std::string all_waiting =
      "callgate_key_unknown_total{provider=\"acs\"} " + std::to_string(kSenders) + "\n";
  const auto metrics = [&] {
    return request(gateway.admin(), "GET /metrics HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n\r\n").body;
  };
  const auto deadline = std::chrono::steady_clock::now() + 20s;
  while (metrics().find(all_waiting) == std::string::npos && std::chrono::steady_clock::now() < deadline) {
  }
  for (const auto& sender : senders) sender->reset();
  issuer.release();
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

TEST(Keys, ARestartDuringAnOutageServesTheKeptKeys) {
  TestIssuer issuer;
  const std::string path = testing::TempDir() + "callgate_e2e_kept_" + std::to_string(getpid()) + ".json";
  {
    Gateway gateway(issuer.url(), {"--keys-cache", path});
    ASSERT_TRUE(gateway.becomes_ready());
    gateway.process().signal(SIGTERM);
    EXPECT_EQ(gateway.process().wait(), 0);
  }
  issuer.set_down(true);
  {
    Gateway gateway(issuer.url(), {"--keys-cache", path});
    EXPECT_TRUE(gateway.becomes_ready());
    EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
    ASSERT_TRUE(gateway.process().wait_for_error_text("the old keys serve meanwhile"));
  }
  std::remove(path.c_str());
}

TEST(Keys, AFloodOfUnknownKidsCostsTheIssuerNextToNothing) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--keys-refresh-window", "1h"});
  ASSERT_TRUE(gateway.becomes_ready());
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(
        gateway
            .callback(issuer.token_with_header(R"({"alg":"RS256","kid":"k)" + std::to_string(i) + "\"}"), "")
            .reason(),
        "key_unknown");
  }
  EXPECT_LE(issuer.fetches(), 2) << "the one at start, and one forced";
}

TEST(Keys, BadSignaturesNeverCauseAFetch) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const auto stranger = *mint::SigningKey::generate_rsa(2048, issuer.key().kid());
  const std::string forged =
      mint::sign_token(stranger, R"({"alg":"RS256","kid":")" + stranger.kid() + "\"}", issuer.claims());
  for (int i = 0; i < 50; ++i) EXPECT_EQ(gateway.callback(forged, "").reason(), "signature_invalid");
  EXPECT_EQ(issuer.fetches(), 1);
}

TEST(Keys, AnIssuerThatNamesAnotherIsNotBelieved) {
  TestIssuer issuer;
  Gateway gateway("http://127.0.0.1:1", {"--discovery", issuer.url() + "/d"});
  ASSERT_TRUE(gateway.process().wait_for_error_text("another issuer"));
  EXPECT_EQ(get(gateway.admin(), "/readyz").status, 503);
  EXPECT_EQ(issuer.fetches(), 0) << "its keys are not even fetched";
}

TEST(Keys, PinnedKeysAreReadAgainOnSighup) {
  TestIssuer issuer;
  const std::string path = testing::TempDir() + "callgate_e2e_keys_" + std::to_string(getpid()) + ".json";
  std::ofstream(path) << issuer.key_set();
  Gateway gateway(issuer.url(), {"--keys", path});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  EXPECT_EQ(issuer.fetches(), 0);

  std::ofstream(path) << "broken";
  gateway.process().signal(SIGHUP);
  ASSERT_TRUE(gateway.process().wait_for_error_text("the old keys stay"));
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);

  issuer.rotate();
  std::ofstream(path) << issuer.key_set();
  gateway.process().signal(SIGHUP);
  ASSERT_TRUE(gateway.process().wait_for_error_text("+" + issuer.key().kid()));
  Answer answer = gateway.callback(issuer.token(), event_body());
  const auto deadline = std::chrono::steady_clock::now() + 10s;
  while (answer.status != 200 && std::chrono::steady_clock::now() < deadline)
    answer = gateway.callback(issuer.token(), event_body());
  EXPECT_EQ(answer.status, 200);
  std::remove(path.c_str());
}

TEST(Keys, PinnedKeysThatChangeAreTakenUpByThemselves) {
  TestIssuer issuer;
  const Folder folder;
  const std::string path = folder.write("keys.json", issuer.key_set());
  Gateway gateway(issuer.url(), {"--keys", path});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string old = issuer.key().kid();
  issuer.rotate();
  folder.write("keys.json", issuer.key_set());
  // One line says what came and what went.
  ASSERT_TRUE(
      gateway.process().wait_for_error_text("keys of acs changed: +" + issuer.key().kid() + " -" + old));
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  EXPECT_EQ(issuer.fetches(), 0);
}

// N43: nobody needs to ask for it.
TEST(Keys, AWithdrawnKeyIsRefusedAfterTheRefreshAgeAtMost) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--keys-refresh", "1s"});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string old_token = issuer.token();
  EXPECT_EQ(gateway.callback(old_token, event_body()).status, 200);
  issuer.rotate();
  const auto withdrawn = std::chrono::steady_clock::now();
  while (gateway.callback(old_token, event_body()).status == 200 &&
         std::chrono::steady_clock::now() - withdrawn < 20s) {
  }
  EXPECT_EQ(gateway.callback(old_token, event_body()).reason(), "key_unknown");
}

TEST(Keys, HoweverOftenARefreshFailsTheSetServesUpToItsBoundAndThenIs503) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--keys-refresh", "1s", "--keys-stale-max", "3s"});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  issuer.set_down(true);
  const auto begun = std::chrono::steady_clock::now();
  while (gateway.callback(token, event_body()).status == 200 &&
         std::chrono::steady_clock::now() - begun < 20s) {
  }
  const auto served = std::chrono::steady_clock::now() - begun;
  EXPECT_LT(served, 3s + 1s) << "counted from before the outage";
  EXPECT_EQ(gateway.callback(token, event_body()).reason(), "keys_unavailable");
  EXPECT_TRUE(gateway.process().wait_for_error_text("keys of acs changed: -" + issuer.key().kid()));
  issuer.set_down(false);
  EXPECT_TRUE(gateway.becomes_ready(5s)) << "tried again every three seconds";
  EXPECT_EQ(gateway.callback(token, event_body()).status, 200);
}

}  // namespace
}  // namespace callgate::e2e
