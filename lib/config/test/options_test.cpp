// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/settings.hpp>

#include <cstdlib>

namespace callgate::config {
namespace {

using namespace std::chrono_literals;

constexpr const char* kGuid = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";

struct Environment {
  Environment(std::string variable, const char* value) : name(std::move(variable)) {
    setenv(name.c_str(), value, 1);
  }
  ~Environment() { unsetenv(name.c_str()); }
  std::string name;
};

TEST(Serve, DefaultsAreTheService) {
  const auto settings = read_serve({"--audience", kGuid});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->listen.text(), "127.0.0.1:8080");
  EXPECT_EQ(settings->admin->text(), "127.0.0.1:9464");
  EXPECT_GE(settings->workers, 1U);
  EXPECT_EQ(settings->path, "/api/callback");
  const auto& rules = settings->provider.provider.rules;
  EXPECT_EQ(rules.issuer, "https://acscallautomation.communication.azure.com");
  EXPECT_EQ(settings->provider.issuer.discovery,
            "https://acscallautomation.communication.azure.com/calling/.well-known/acsopenidconfiguration");
  EXPECT_EQ(rules.clock_skew, 30s);
  EXPECT_EQ(rules.max_lifetime, 300s);
  EXPECT_EQ(settings->key_cache.refresh, 12h);
  EXPECT_TRUE(settings->provider.warnings.empty());
  EXPECT_FALSE(settings->upstream);
}

TEST(Serve, FlagBeatsEnvironmentBeatsDefault) {
  const Environment skew("CALLGATE_CLOCK_SKEW", "10s");
  const Environment audience("CALLGATE_AUDIENCE", "a,b");
  const Environment admin("CALLGATE_ADMIN", "off");
  const Environment insecure("CALLGATE_INSECURE_HTTP_ISSUER", "true");
  const auto from_environment = read_serve({"--issuer", "http://127.0.0.1:1"});
  ASSERT_TRUE(from_environment) << from_environment.error().text;
  EXPECT_EQ(from_environment->provider.provider.rules.clock_skew, 10s);
  EXPECT_EQ(from_environment->provider.issuer.discovery,
            "http://127.0.0.1:1/calling/.well-known/acsopenidconfiguration");
  EXPECT_EQ(from_environment->provider.provider.rules.audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(from_environment->provider.warnings.size(), 2U);
  EXPECT_FALSE(from_environment->admin);
  const auto from_flag = read_serve({"--clock-skew", "20s", "--audience", kGuid, "--audience=x"});
  ASSERT_TRUE(from_flag) << from_flag.error().text;
  EXPECT_EQ(from_flag->provider.provider.rules.clock_skew, 20s);
  EXPECT_EQ(from_flag->provider.provider.rules.audiences, (std::vector<std::string>{kGuid, "x"}));
}

TEST(Serve, WhatWouldBeUnsafeOrUnclearIsAnErrorThatSaysWhatToWrite) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } cases[] = {
      {{}, "--audience is missing"},
      {{"--audience", ""}, "--audience"},
      {{"--audience", kGuid, "--issuer", "http://x"}, "--insecure-http-issuer"},
      {{"--audience", kGuid, "--discovery", "http://x/d"}, "--insecure-http-issuer"},
      {{"--audience", kGuid, "--discovery", "x"}, "is not a URL"},
      {{"--audience", kGuid, "--issuer", ""}, "--issuer"},
      {{"--audience", kGuid, "--clock-skew", "6m"}, "at most 5m"},
      {{"--audience", kGuid, "--clock-skew", "30"}, "not a duration"},
      {{"--audience", kGuid, "--max-lifetime", "25h"}, "24h"},
      {{"--audience", kGuid, "--max-lifetime", "0s"}, "24h"},
      {{"--audience", kGuid, "--listen", "8080"}, "not an address"},
      {{"--audience", kGuid, "--path", "api"}, "not a plain path"},
      {{"--audience", kGuid, "--upstream", "ftp://x"}, "--upstream"},
      {{"--audience", kGuid, "--upstream", "https://x"}, "not supported yet"},
      {{"--audience", kGuid, "--workers", "0"}, "--workers"},
      {{"--audience", kGuid, "--log-format", "xml"}, "--log-format"},
      {{"--audience", kGuid, "--keys-refresh-window", "0s"}, "--keys-refresh-window"},
      {{"--audience", kGuid, "--no-such-flag"}, "--no-such-flag"},
      {{"--audience", kGuid, "stray"}, "stray"},
  };
  for (const auto& c : cases) {
    const auto settings = read_serve(c.arguments);
    ASSERT_FALSE(settings) << c.says;
    EXPECT_EQ(settings.error().exit_code, 2);
    EXPECT_NE(settings.error().text.find(c.says), std::string::npos) << settings.error().text;
  }
}

TEST(Serve, HelpShowsDefaults) {
  const auto help = read_serve({"--help"});
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().exit_code, 0);
  for (const char* word :
       {"--audience", "127.0.0.1:8080", "30s", "12h", "CALLGATE_CLOCK_SKEW", "acscallautomation"}) {
    EXPECT_NE(help.error().text.find(word), std::string::npos) << word;
  }
}

TEST(Verify, ReadsItsFlags) {
  const auto settings = read_verify({"--audience", kGuid, "--token", "t", "--keys", "k.json", "--at",
                                     "2026-09-30T08:15:42Z", "-o", "json"});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->token, "t");
  EXPECT_EQ(settings->provider.keys_file, "k.json");
  EXPECT_TRUE(settings->at);
  EXPECT_TRUE(settings->json);
  EXPECT_FALSE(read_verify({"--audience", kGuid, "--token", "t", "--token-file", "f"}));
  EXPECT_FALSE(read_verify({"--audience", kGuid, "--at", "noon"}));
  EXPECT_FALSE(read_verify({"--token", "t"}));
}

}  // namespace
}  // namespace callgate::config
