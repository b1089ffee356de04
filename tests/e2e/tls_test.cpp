// SPDX-License-Identifier: Apache-2.0
// callgate serve with a certificate of its own: served, replaced, and not replaced by a bad one.
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

class Tls : public testing::Test {
 protected:
  Tls() {
    folder_.make_certificate("server");
    trust_.ca = folder_.path("server.pem");
  }
  Gateway start(const std::string& more = {}) {
    const std::string file = folder_.write(
        "callgate.toml", "[server.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n" + more);
    return Gateway::with(gateway_flags(issuer_.url(), {"--config", file}));
  }
  Answer callback(const Gateway& gateway) const {
    Wire wire(gateway.address(), trust_);
    wire.send(post_text(kPath, bearer(issuer_.token()), event_body()));
    return wire.receive();
  }
  // The fingerprint that a new connection is shown; whatever it is signed by.
  std::string shown(const Gateway& gateway) const {
    return Wire(gateway.address(), trust_).peer_fingerprint();
  }

  TestIssuer issuer_;
  const Folder folder_;
  TlsFiles trust_;
};

TEST_F(Tls, CallbacksComeOverTls) {
  Gateway gateway = start();
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(callback(gateway).status, 200);
  EXPECT_NE(request(gateway.address(), "GET / HTTP/1.1\r\nHost: t\r\n\r\n").status, 200) << "no plain HTTP";
  EXPECT_TRUE(
      gateway.process().wait_for_error_text("from 127.0.0.1: the TLS handshake failed: http request"));
  EXPECT_EQ(callback(gateway).status, 200);
}

TEST_F(Tls, AChangedCertificateIsTakenUpAndABadOneIsNot) {
  Gateway gateway = start();
  ASSERT_TRUE(gateway.becomes_ready());
  Wire kept(gateway.address(), trust_);
  const std::string first = kept.peer_fingerprint();

  folder_.write("server.pem", "-----BEGIN CERTIFICATE-----\nno\n-----END CERTIFICATE-----\n");
  ASSERT_TRUE(gateway.process().wait_for_error_text("the old certificate stays"));
  folder_.make_certificate("other", "rsa");
  std::filesystem::rename(folder_.path("other.key"), folder_.path("server.key"));  // fits no certificate now
  ASSERT_TRUE(gateway.process().wait_for_error_text("the old certificate stays", 2));
  std::filesystem::rename(folder_.path("other.pem"), folder_.path("server.pem"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("serving the certificate", 2));

  kept.send(post_text(kPath, bearer(issuer_.token()), event_body()));
  EXPECT_EQ(kept.receive().status, 200) << "an open connection lives on";
  // The log line comes before the workers are told; new connections follow at once.
  std::string now;
  for (int i = 0; i < 1000 && (now.empty() || now == first); ++i) now = shown(gateway);
  EXPECT_NE(now, first);
  EXPECT_EQ(callback(gateway).status, 200);
}

TEST_F(Tls, ClientsMustShowACertificateWhereOneIsAsked) {
  folder_.make_certificate("client");
  folder_.make_certificate("stranger");
  Gateway gateway = start("client_ca = \"client.pem\"\n");
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(callback(gateway).status, 0) << "without one";
  trust_.certificate = folder_.path("stranger.pem");
  trust_.key = folder_.path("stranger.key");
  EXPECT_EQ(callback(gateway).status, 0) << "with another's";
  trust_.certificate = folder_.path("client.pem");
  trust_.key = folder_.path("client.key");
  EXPECT_EQ(callback(gateway).status, 200);
}

TEST_F(Tls, ABadPairIsNoStart) {
  folder_.make_certificate("other");
  std::filesystem::rename(folder_.path("other.key"), folder_.path("server.key"));
  const std::string file =
      folder_.write("callgate.toml", "[server.tls]\ncertificate = \"server.pem\"\nkey = \"server.key\"\n");
  Process gateway(CALLGATE_PROGRAM, gateway_flags(issuer_.url(), {"--config", file}));
  EXPECT_EQ(gateway.wait(), 2);
  EXPECT_NE(gateway.errors().find("server.key"), std::string::npos) << gateway.errors();
}

// E12 in small: the pair is replaced again and again under load, RSA and ECDSA in turn.
TEST_F(Tls, NoRequestFailsWhileCertificatesChange) {
  Gateway gateway = start();
  ASSERT_TRUE(gateway.becomes_ready());
  folder_.make_certificate("a");
  folder_.make_certificate("b", "rsa");
  // Trusts all three.
  std::string all;
  for (const char* name : {"server.pem", "a.pem", "b.pem"}) {
    std::ifstream file(folder_.path(name));
    all.append(std::istreambuf_iterator<char>(file), {});
  }
  trust_.ca = folder_.write("all.pem", all);
  const std::string text = post_text(kPath, bearer(issuer_.token()), event_body());
  std::atomic<bool> ending{false};
  std::atomic<int> failed{0}, admitted{0};
  std::thread load([&] {
    Wire kept(gateway.address(), trust_);
    while (!ending) {
      Wire fresh(gateway.address(), trust_);
      for (Wire* wire : {&kept, &fresh}) {
        wire->send(text);
        ++(wire->receive().status == 200 ? admitted : failed);
      }
    }
  });
  for (int i = 0; i < 6; ++i) {
    const std::string name = i % 2 == 0 ? "a" : "b";
    // SIGHUP takes both files up together; the watcher may see them one by one, and says so.
    std::filesystem::copy_file(folder_.path(name + ".key"), folder_.path("server.key"),
                               std::filesystem::copy_options::overwrite_existing);
    std::filesystem::copy_file(folder_.path(name + ".pem"), folder_.path("server.pem"),
                               std::filesystem::copy_options::overwrite_existing);
    ASSERT_TRUE(gateway.process().wait_for_error_text("serving the certificate", i + 2));
  }
  ending = true;
  load.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GT(admitted, 1);
}

}  // namespace
}  // namespace callgate::e2e
