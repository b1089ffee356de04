// SPDX-License-Identifier: Apache-2.0
// SIGHUP: all or nothing, and no request fails for it.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

std::string config(const TestIssuer& issuer, const std::string& path, const std::string& more = {}) {
  return "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n" + more +
         "[[provider]]\nname = \"acs\"\ninsecure_http_issuer = true\nissuer = \"" + issuer.url() +
         "\"\naudiences = [\"" + kAudience + "\"]\n[[route]]\npath = \"" + path +
         "\"\nproviders = [\"acs\"]\n";
}

class Reload : public testing::Test {
 protected:
  Gateway start(const std::string& text) {
    return Gateway::with({"serve", "--config", folder_.write("callgate.toml", text)});
  }
  // The file changes and the gateway is told; true once it has said `outcome`, `times` times in all.
  void reload(Gateway& gateway, const std::string& text) {
    folder_.write("callgate.toml", text);
    gateway.process().signal(SIGHUP);
  }
  const Folder folder_;
  TestIssuer issuer_, other_;
};

TEST_F(Reload, RoutesAndIssuersChangeTogether) {
  Gateway gateway = start(config(issuer_, "/one"));
  ASSERT_TRUE(gateway.becomes_ready());
  Wire kept(gateway.address());
  kept.send(post_text("/one", bearer(issuer_.token()), event_body()));
  EXPECT_EQ(kept.receive().status, 200);

  reload(gateway, config(other_, "/two"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("the new configuration is in force"));
  EXPECT_EQ(other_.fetches(), 1) << "its keys were there before anybody was judged with them";
  kept.send(post_text("/two", bearer(other_.token()), event_body()));
  EXPECT_EQ(kept.receive().status, 200) << "an open connection lives on";
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer_.token()), event_body()).status, 404);
  EXPECT_EQ(post(gateway.address(), "/two", bearer(issuer_.token()), event_body()).status, 401);
}

TEST_F(Reload, AnotherPaceDuringAnOutageLosesNoKeys) {
  Gateway gateway = start(config(issuer_, "/one"));
  ASSERT_TRUE(gateway.becomes_ready());
  issuer_.set_down(true);
  reload(gateway, config(issuer_, "/one", "[keys]\nrefresh_window = \"1s\"\ncache = \"keys.json\"\n"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("the new configuration is in force"));
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer_.token()), event_body()).status, 200);
  ASSERT_TRUE(gateway.process().wait_for_error_text("the old keys serve meanwhile"));
  EXPECT_EQ(get(gateway.admin(), "/readyz").status, 200);
  EXPECT_EQ(gateway.process().errors().find("changed: -"), std::string::npos) << "none came or went";

  issuer_.set_down(false);
  issuer_.rotate();
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer_.token()), event_body()).status, 200)
      << "at the new pace";
}

TEST_F(Reload, APinnedKeyFileGoneBadKeepsTheOldConfigurationToo) {
  const std::string pinned = "keys = \"" + folder_.write("pin.json", issuer_.key_set()) + "\"\n";
  const auto with_keys = [&](const std::string& path) {
    std::string text = config(issuer_, path);
    return text.insert(text.find("insecure_http_issuer"), pinned);
  };
  Gateway gateway = start(with_keys("/one"));
  ASSERT_TRUE(gateway.becomes_ready());
  folder_.write("pin.json", "{");
  reload(gateway, with_keys("/two"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("reload: refused, the old configuration stays"));
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer_.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/two", bearer(issuer_.token()), event_body()).status, 404);
}

TEST_F(Reload, ABadFileIsRefusedWhole) {
  Gateway gateway = start(config(issuer_, "/one"));
  ASSERT_TRUE(gateway.becomes_ready());
  reload(gateway, config(other_, "/two", "nonsense = 1\n"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("the old configuration stays in force"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("callgate.toml:4:1: "));
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer_.token()), event_body()).status, 200);
  EXPECT_EQ(post(gateway.address(), "/two", bearer(other_.token()), event_body()).status, 404);
  EXPECT_EQ(other_.fetches(), 0);

  reload(gateway, config(issuer_, "/one", "[server.tls]\ncertificate = \"none.pem\"\nkey = \"none.key\"\n"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("none.pem"));
  EXPECT_EQ(post(gateway.address(), "/one", bearer(issuer_.token()), event_body()).status, 200);
}

TEST_F(Reload, WhatNeedsARestartIsSaid) {
  Gateway gateway = start(config(issuer_, "/one"));
  ASSERT_TRUE(gateway.becomes_ready());
  reload(gateway, config(issuer_, "/one", "workers = 7\n"));
  ASSERT_TRUE(gateway.process().wait_for_error_text("taken up only by a restart: workers"));
}

// E13 in small: good and bad files in turn, under load on kept and on new connections.
TEST_F(Reload, NoRequestFailsWhileFilesChange) {
  Gateway gateway = start(config(issuer_, "/one"));
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string request_text = post_text("/one", bearer(issuer_.token()), event_body());
  std::atomic<bool> ending{false};
  std::atomic<int> failed{0}, admitted{0};
  std::thread load([&] {
    Wire kept(gateway.address());
    while (!ending) {
      kept.send(request_text);
      for (const int status : {kept.receive().status, request(gateway.address(), request_text).status})
        ++(status == 200 ? admitted : failed);
    }
  });
  constexpr int kReloads = 20;
  for (int i = 0; i < kReloads; ++i) {
    const bool bad = i % 5 == 4;
    // A limit that changes each time tells one file from the next.
    const std::string limit = "[server.limits]\nbody_bytes_max = " + std::to_string(100'000 + i) + "\n";
    reload(gateway, config(issuer_, "/one", bad ? "oops\n" : limit));
    // Every reload has answered before the next begins: health is asked of the admin thread, the outcome is
    // logged.
    const std::string word =
        bad ? "refused, the old configuration stays" : "the new configuration is in force";
    const int wanted = bad ? i / 5 + 1 : i - i / 5 + 1;
    ASSERT_TRUE(gateway.process().wait_for_error_text(word, wanted)) << i;
    const int before = admitted + failed;
    while (admitted + failed < before + 4) std::this_thread::yield();  // the load goes on between reloads
  }
  ending = true;
  load.join();
  EXPECT_EQ(failed, 0);
  EXPECT_GE(admitted, 4 * kReloads);
}

}  // namespace
}  // namespace callgate::e2e
