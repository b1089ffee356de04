// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

const SiteSettings kOpen{{"127.0.0.1", 9464}, {}};

http::Response ask(const SiteSettings& settings, const http::RequestHead& head) {
  FakeCommands commands;
  return answer(settings, commands, head, "").response;
}

int status_for_host(const SiteSettings& settings, const std::string& host) {
  return ask(settings, request("GET", "/api/v1/keys", {{"Host", host}})).status;
}

TEST(Access, HostIsAnAddressLocalhostOrTheConfiguredName) {
  const SiteSettings named{{"Ops.Internal", 9464}, {}}, usual{{"127.0.0.1", 80}, {}};
  struct Row {
    const SiteSettings& settings;
    std::string host;
    int status;
  };
  const Row rows[] = {
      {kOpen, "127.0.0.1:9464", 200},
      {kOpen, "localhost:9464", 200},
      {kOpen, "LOCALHOST:9464", 200},
      {kOpen, "[::1]:9464", 200},
      {kOpen, "[2001:DB8::7]:9464", 200},
      {kOpen, "10.1.2.3:9464", 200},
      {named, "ops.internal:9464", 200},
      {named, "OPS.INTERNAL:9464", 200},
      {named, "127.0.0.1:9464", 200},
      {usual, "127.0.0.1", 200},
      {usual, "localhost:80", 200},
      {usual, "[::1]", 200},
      // rebound or foreign names
      {kOpen, "evil.example:9464", 421},
      {kOpen, "ops.internal:9464", 421},
      {kOpen, "localhost.evil.example:9464", 421},
      {kOpen, "127.0.0.1.nip.io:9464", 421},
      {kOpen, "localhost.:9464", 421},
      {kOpen, "127.0.0.1.:9464", 421},
      {named, "ops.internal.:9464", 421},
      // user information
      {kOpen, "127.0.0.1:9464@evil.example", 421},
      {kOpen, "evil.example@127.0.0.1:9464", 421},
      {kOpen, "evil@localhost:9464", 421},
      // the port
      {kOpen, "127.0.0.1", 200},
      {kOpen, "localhost", 200},
      {kOpen, "[::1]", 200},
      {kOpen, "127.0.0.1:", 421},
      {kOpen, "127.0.0.1:19464", 200},
      {kOpen, "127.0.0.1:9464:9464", 421},
      {kOpen, "127.0.0.1:+9464", 421},
      {kOpen, "127.0.0.1:75000", 421},
      {usual, "127.0.0.1:", 421},
      {usual, "evil.example", 421},
      // what only looks like an address
      {kOpen, "::1:9464", 421},
      {kOpen, "[::1:9464", 421},
      {kOpen, "[127.0.0.1]:9464", 421},
      {kOpen, "[::1%25lo]:9464", 421},
      {kOpen, "[localhost]:9464", 421},
      {kOpen, "0x7f.1:9464", 421},
      {kOpen, "127.1:9464", 421},
      {kOpen, "0177.0.0.1:9464", 421},
      {kOpen, "2130706433:9464", 421},
      // not a host at all
      {kOpen, "", 421},
      {kOpen, ":9464", 421},
      {kOpen, "local host:9464", 421},
      {kOpen, "http://127.0.0.1:9464", 421},
      {kOpen, "127.0.0.1:9464/", 421},
      {kOpen, "127.0.0.1:9464, evil.example:9464", 421},
      {kOpen, std::string("localhost\0.evil:9464", 20), 421},
  };
  for (const Row& row : rows) EXPECT_EQ(status_for_host(row.settings, row.host), row.status) << row.host;
}

TEST(Access, ThereIsExactlyOneHost) {
  EXPECT_EQ(ask(kOpen, request("GET", "/metrics")).status, 421);
  EXPECT_EQ(
      ask(kOpen, request("GET", "/metrics", {{"Host", "localhost:9464"}, {"host", "localhost:9464"}})).status,
      421);
}

TEST(Access, AnAbsoluteTargetNamesTheHostToo) {
  const http::Headers host{{"Host", "localhost:9464"}};
  EXPECT_EQ(ask(kOpen, request("GET", "http://127.0.0.1:9464/metrics", host)).status, 200);
  EXPECT_EQ(ask(kOpen, request("GET", "http://evil.example:9464/metrics", host)).status, 421);
  EXPECT_EQ(ask(kOpen, request("GET", "http://a@127.0.0.1:9464/metrics", host)).status, 421);
}

TEST(Access, TheRefusalSaysWhichHostIsAllowed) {
  const auto response = ask(kOpen, request("GET", "/metrics", {{"Host", "evil.example:9464"}}));
  EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
  const auto document = json::parse(response.body);
  ASSERT_TRUE(document) << response.body;
  EXPECT_EQ(document->root().find("type")->as_string(), "about:blank");
  EXPECT_EQ(document->root().find("title")->as_string(), "Misdirected Request");
  EXPECT_EQ(document->root().find("status")->as_integer(), 421);
  EXPECT_NE(document->root().find("detail")->as_string()->find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(response.body.find("evil"), std::string::npos) << "what a stranger wrote is not repeated";
}

TEST(Access, TheTokenComesAsBearerAndIsNeverShown) {
  const SiteSettings guarded{{"127.0.0.1", 9464}, base::Redacted<std::string>("s3cret")};
  struct Row {
    std::string sent;  // value of Authorization; "-": no such field
    int status;
    std::string challenge;
  };
  const Row rows[] = {
      {"Bearer s3cret", 200, ""},
      {"bearer  s3cret", 200, ""},
      {"-", 401, "Bearer"},
      {"", 401, R"(Bearer error="invalid_token")"},
      {"Bearer", 401, R"(Bearer error="invalid_token")"},
      {"Bearer s3cre", 401, R"(Bearer error="invalid_token")"},
      {"Bearer s3crets", 401, R"(Bearer error="invalid_token")"},
      {"Bearer S3CRET", 401, R"(Bearer error="invalid_token")"},
      {"Basic s3cret", 401, R"(Bearer error="invalid_token")"},
      {"s3cret", 401, R"(Bearer error="invalid_token")"},
  };
  for (const Row& row : rows) {
    http::Headers headers{{"Host", "localhost:9464"}};
    if (row.sent != "-") headers.add("Authorization", row.sent);
    const auto response = ask(guarded, request("GET", "/api/v1/keys", headers));
    EXPECT_EQ(response.status, row.status) << row.sent;
    EXPECT_EQ(response.headers.find("WWW-Authenticate").value_or(""), row.challenge) << row.sent;
    EXPECT_EQ(response.body.find("s3c"), std::string::npos) << row.sent;
  }
  const http::Headers twice{
      {"Host", "localhost:9464"}, {"Authorization", "Bearer s3cret"}, {"Authorization", "Bearer s3cret"}};
  EXPECT_EQ(ask(guarded, request("GET", "/api/v1/keys", twice)).status, 401);
  EXPECT_EQ(ask(guarded, request("GET", "/api/v1/keys?token=s3cret", {{"Host", "localhost:9464"}})).status,
            401);
}

TEST(Access, WithoutTheTokenNotEvenPathsAreTold) {
  const SiteSettings guarded{{"127.0.0.1", 9464}, base::Redacted<std::string>("s3cret")};
  for (const char* target : {"/", "/metrics", "/api/v1/keys", "/nothing"}) {
    EXPECT_EQ(ask(guarded, request("GET", target, {{"Host", "localhost:9464"}})).status, 401) << target;
  }
}

TEST(Access, AnotherSitesPageCannotWrite) {
  struct Row {
    http::Headers headers;
    int status;
  };
  const Row rows[] = {
      {{}, 202},
      {{{"Sec-Fetch-Site", "same-origin"}}, 202},
      {{{"Sec-Fetch-Site", "none"}}, 202},
      {{{"Origin", "http://localhost:9464"}}, 202},
      {{{"Origin", "https://localhost:9464"}}, 202},
      {{{"Origin", "http://localhost:9464"}, {"Sec-Fetch-Site", "same-origin"}}, 202},
      {{{"Sec-Fetch-Site", "cross-site"}}, 403},
      {{{"Sec-Fetch-Site", "same-site"}}, 403},
      {{{"Sec-Fetch-Site", ""}}, 403},
      {{{"Sec-Fetch-Site", "same-origin"}, {"Sec-Fetch-Site", "same-origin"}}, 403},
      {{{"Origin", "http://evil.example"}}, 403},
      {{{"Origin", "null"}}, 403},
      {{{"Origin", ""}}, 403},
      {{{"Origin", "http://localhost:8080"}}, 403},
      {{{"Origin", "http://localhost"}}, 403},
      {{{"Origin", "http://127.0.0.1:9464"}}, 403},  // the Host is localhost
      {{{"Origin", "ftp://localhost:9464"}}, 403},
      {{{"Origin", "http://localhost:9464.evil.example"}}, 403},
      {{{"Origin", "http://localhost:9464"}, {"Origin", "http://evil.example"}}, 403},
      {{{"Origin", "http://localhost:9464"}, {"Sec-Fetch-Site", "cross-site"}}, 403},
      {{{"Origin", "http://evil.example"}, {"Sec-Fetch-Site", "same-origin"}}, 403},
  };
  for (const Row& row : rows) {
    http::Headers headers = row.headers;
    headers.add("Host", "localhost:9464");
    FakeCommands commands;
    const auto response =
        answer(kOpen, commands, request("POST", "/api/v1/keys/refresh", headers), "").response;
    std::string shown;
    for (const auto& field : row.headers.fields()) shown += field.name + ": " + field.value + "; ";
    EXPECT_EQ(response.status, row.status) << shown;
    EXPECT_EQ(commands.refreshes, row.status == 202 ? 1 : 0) << shown;
  }
}

}  // namespace
}  // namespace callgate::admin
