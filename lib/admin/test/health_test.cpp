// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

// A token is configured and no Host is sent: health asks for neither.
http::Response ask(const std::string& target, std::vector<HealthCheck> checks,
                   const std::string& method = "GET") {
  FakeCommands commands;
  commands.checks = std::move(checks);
  const SiteSettings settings{{"127.0.0.1", 9464}, base::Redacted<std::string>("secret")};
  return answer(settings, commands, request(method, target), "").response;
}

TEST(Health, LivenessNeverDependsOnKeys) {
  EXPECT_EQ(ask("/livez", {{"keys", false, "none"}}).status, 200);
}

TEST(Health, ReadinessIsEveryCheck) {
  EXPECT_EQ(ask("/readyz", {{"keys", true, "2"}, {"disk", true, "ok"}}).status, 200);
  const auto response = ask("/readyz?verbose", {{"keys", false, "connection refused"}, {"disk", true, "ok"}});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "[-] keys: connection refused\n[+] disk: ok\nnot ready\n");
  EXPECT_EQ(response.headers.find("Retry-After"), "1");
  EXPECT_EQ(response.headers.find("X-Content-Type-Options"), "nosniff");
}

TEST(Health, OnlyReadingIsAllowed) {
  EXPECT_EQ(ask("/readyz", {}, "HEAD").status, 200);
  const auto response = ask("/livez", {}, "POST");
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.find("Allow"), "GET, HEAD");
}

TEST(Health, NothingElseIsOpen) {
  EXPECT_EQ(ask("/", {}).status, 421);
  EXPECT_EQ(ask("/readyz/x", {}).status, 421);
  EXPECT_EQ(ask("/livez/", {}).status, 421);
}

}  // namespace
}  // namespace callgate::admin
