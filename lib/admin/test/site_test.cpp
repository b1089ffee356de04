// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

http::Response ask(Commands& commands, const std::string& method, const std::string& target) {
  return answer({{"127.0.0.1", 9464}, {}}, commands, request(method, target, {{"Host", "127.0.0.1:9464"}}),
                "")
      .response;
}

TEST(Site, EachPathTakesItsMethods) {
  struct Row {
    const char* method;
    const char* target;
    int status;
    const char* allow;
  };
  const Row rows[] = {
      {"GET", "/livez", 200, ""},
      {"GET", "/readyz", 200, ""},
      {"GET", "/metrics", 200, ""},
      {"HEAD", "/metrics", 200, ""},
      {"GET", "/metrics?name=x", 200, ""},
      {"GET", "/api/v1/keys", 200, ""},
      {"GET", "/api/v1/status", 200, ""},
      {"GET", "/api/v1/verdicts", 200, ""},
      {"GET", "/api/v1/verdicts?limit=10000", 200, ""},
      {"GET", "/api/v1/verdicts?limit=0", 400, ""},
      {"GET", "/api/v1/verdicts?limit=10001", 400, ""},
      {"GET", "/api/v1/verdicts?limit=1x", 400, ""},
      {"GET", "/api/v1/verdicts?limit=-1", 400, ""},
      {"GET", "/api/v1/verdicts?limit=", 400, ""},
      {"GET", "/api/v1/verdicts?limit=99999999999999999999", 400, ""},
      {"GET", "/api/v1/verdicts?most=5", 400, ""},
      {"GET", "/api/v1/verdicts/stream", 200, ""},
      {"POST", "/api/v1/verdicts/stream", 405, "GET, HEAD"},
      {"POST", "/api/v1/keys/refresh", 202, ""},
      {"POST", "/metrics", 405, "GET, HEAD"},
      {"DELETE", "/api/v1/keys", 405, "GET, HEAD"},
      {"get", "/api/v1/keys", 405, "GET, HEAD"},
      {"GET", "/api/v1/keys/refresh", 405, "POST"},
      {"OPTIONS", "/api/v1/keys/refresh", 405, "POST"},
      {"GET", "/", 404, ""},
      {"POST", "/", 404, ""},
      {"GET", "/metrics/", 404, ""},
      {"GET", "/METRICS", 404, ""},
      {"GET", "/api/v1/keys/", 404, ""},
      {"GET", "/api/v1/../v1/keys", 404, ""},
      {"GET", "//metrics", 404, ""},
      {"GET", "/%6Detrics", 404, ""},
  };
  for (const Row& row : rows) {
    FakeCommands commands;
    const auto response = ask(commands, row.method, row.target);
    const std::string what = std::string(row.method) + " " + row.target;
    EXPECT_EQ(response.status, row.status) << what;
    EXPECT_EQ(response.headers.find("Allow").value_or(""), row.allow) << what;
    EXPECT_EQ(response.headers.find_single("X-Content-Type-Options"), "nosniff") << what;
    EXPECT_EQ(response.headers.find_single("Cache-Control"), "no-store") << what;
    EXPECT_EQ(commands.refreshes, row.status == 202 ? 1 : 0) << what;
    if (row.status < 400) continue;
    EXPECT_EQ(response.headers.find_single("Content-Type"), "application/problem+json") << what;
    const auto document = json::parse(response.body);
    ASSERT_TRUE(document) << what;
    EXPECT_EQ(document->root().find("status")->as_integer(), row.status) << what;
  }
}

TEST(Site, AnUnknownPathNamesTheKnownOnes) {
  FakeCommands commands;
  const std::string body = ask(commands, "GET", "/").body;
  for (const char* path : {"/livez", "/readyz", "/metrics", "/api/v1/keys", "POST /api/v1/keys/refresh"}) {
    EXPECT_NE(body.find(path), std::string::npos) << path << " in " << body;
  }
}

TEST(Site, OnlyWhoMayAskForTheInboxMayWait) {
  struct Row {
    const char* target;
    const char* host;
    const char* authorization;
    bool waits;
  };
  const Row rows[] = {
      {"/api/v1/inbox", "localhost", "Bearer s3cret", true},
      {"/api/v1/inbox?limit=1", "localhost", "Bearer s3cret", true},
      {"/api/v1/inbox/take", "localhost", "Bearer s3cret", true},
      {"/api/v1/inboxes", "localhost", "Bearer s3cret", false},
      {"/api/v1/inbox", "localhost", "Bearer wrong", false},
      {"/api/v1/inbox", "evil.example", "Bearer s3cret", false},
      {"/metrics", "localhost", "Bearer s3cret", false},
      {"/api/v1/status", "localhost", "Bearer s3cret", false},
      {"/livez", "evil.example", "", false},
      {"/readyz", "evil.example", "", false},
  };
  const SiteSettings guarded{{"127.0.0.1", 9464}, base::Redacted<std::string>("s3cret")};
  for (const Row& row : rows) {
    const auto head = request("GET", row.target, {{"Host", row.host}, {"Authorization", row.authorization}});
    EXPECT_EQ(may_wait(guarded, head), row.waits) << row.target << " " << row.host;
  }
  const http::Response refused = refuse_to_wait();
  EXPECT_EQ(refused.status, 503);
  EXPECT_TRUE(refused.headers.find("Retry-After"));
  EXPECT_TRUE(json::parse(refused.body));
}

TEST(Site, RefreshSaysWhatBecameOfEachSource) {
  FakeCommands commands;
  commands.outcomes = {{{"acs", "acs-eu"}, "started"}, {{"own"}, "pinned"}};
  const auto response = ask(commands, "POST", "/api/v1/keys/refresh");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
  EXPECT_EQ(response.body, R"({"sources":[{"providers":["acs","acs-eu"],"outcome":"started"},)"
                           R"({"providers":["own"],"outcome":"pinned"}]})");
}

}  // namespace
}  // namespace callgate::admin
