// SPDX-License-Identifier: Apache-2.0
// Whatever goes wrong with an issuer: the cause has its name in the log, on the admin port, in `keys` and in
// `check --online`, nobody is let in meanwhile, and no good set is lost to it.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

using Document = std::optional<http::Response>;

Document usual(const std::string&) {
  return {};
}

// What an issuer answers for its discovery document and for its keys; nothing: as usual.
struct Lie {
  const char* cause;
  const char* words;  // in the log and everywhere else
  std::function<Document(const std::string& url)> discovery = usual;
  std::function<Document(const std::string& url)> keys = usual;
};

Document page(const std::string& text) {
  return http::Response{200, {}, text};
}

const std::vector<Lie>& lies() {
  static const std::vector<Lie> all{
      {"http_status", "HTTP status 404",
       [](const auto&) {
         return http::Response{404, {}, {}};
       }},
      {"http_status", "HTTP status 500", usual,
       [](const auto&) {
         return http::Response{500, {}, "{}"};
       }},
      {"http_status", "HTTP status 302",
       [](const auto&) {
         return http::Response{302, {{"Location", "http://127.0.0.1:1/d"}}, {}};
       }},
      {"http_status", "HTTP status 301", usual,
       [](const auto& url) {
         return http::Response{301, {{"Location", url + "/calling/other"}}, {}};
       }},
      {"http_status", "HTTP status 204", usual,
       [](const auto&) {
         return http::Response{204, {}, {}};
       }},
      {"too_large", "larger than 262144 bytes", usual,
       [](const auto&) { return page(std::string(256 * 1024 + 1, ' ')); }},
      {"json", "not JSON", [](const auto&) { return page("<html>sign in</html>"); }},
      {"json", "not JSON", usual, [](const auto&) { return page("<html>sign in</html>"); }},
      {"json", "not JSON", usual, [](const auto&) { return page(""); }},
      {"json", "names no jwks_uri", [](const auto& url) { return page(R"({"issuer":")" + url + "\"}"); }},
      {"json", "'keys'", usual, [](const auto&) { return page("{}"); }},
      {"issuer", "another issuer",
       [](const auto& url) {
         return page(R"({"issuer":")" + url + R"(/","jwks_uri":")" + url + R"(/calling/keys"})");
       }},
      {"url", "jwks_uri is not an http or https URL",
       [](const auto& url) {
         return page(R"({"issuer":")" + url + R"(","jwks_uri":"file:///etc/passwd"})");
       }},
      {"no_usable_key", "no usable key", usual, [](const auto&) { return page(R"({"keys":[]})"); }},
      {"no_usable_key", "no usable key", usual,
       [](const auto&) { return page(R"({"keys":[{"kty":"oct","kid":"k","k":"c2VjcmV0"}]})"); }},
  };
  return all;
}

void tell(TestIssuer& issuer, const Lie& lie) {
  issuer.answer_instead([&lie, url = issuer.url()](std::string_view path) {
    return path == "/calling/keys" ? lie.keys(url) : lie.discovery(url);
  });
}

std::string shown_keys(const Gateway& gateway) {
  return request(gateway.admin(), "GET /api/v1/keys HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
}

void expect_named(const std::string& issuer, const std::vector<std::string>& more, const std::string& cause,
                  const std::string& words) {
  std::vector<std::string> flags{"--issuer", issuer, "--audience", kAudience};
  flags.insert(flags.end(), more.begin(), more.end());
  const auto arguments = [&](std::vector<std::string> verb) {
    verb.insert(verb.end(), flags.begin(), flags.end());
    return verb;
  };
  Gateway gateway = Gateway::with(arguments({"serve", "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0"}));
  EXPECT_TRUE(gateway.process().wait_for_error_text(words)) << gateway.process().errors();
  const std::string shown = shown_keys(gateway);
  EXPECT_NE(shown.find("\"cause\":\"" + cause + "\""), std::string::npos) << words << ": " << shown;
  EXPECT_NE(shown.find(words), std::string::npos) << shown;
  const Answer health = request(gateway.admin(), "GET /readyz?verbose HTTP/1.1\r\nHost: localhost\r\n\r\n");
  EXPECT_EQ(health.status, 503);
  EXPECT_NE(health.body.find(words), std::string::npos) << health.body;

  Process keys(CALLGATE_PROGRAM, arguments({"keys"}));
  EXPECT_EQ(keys.wait(), 3) << words;
  EXPECT_NE(keys.errors().find(words), std::string::npos) << keys.errors();
  Process check(CALLGATE_PROGRAM, arguments({"check", "--online"}));
  EXPECT_EQ(check.wait(), 1) << words;
  EXPECT_NE(check.output().find(words), std::string::npos) << check.output();
}

TEST(KeyCauses, WhateverAnIssuerAnswersTheCauseHasItsName) {
  TestIssuer issuer;
  for (const Lie& lie : lies()) {
    SCOPED_TRACE(lie.words);
    tell(issuer, lie);
    expect_named(issuer.url(), {"--insecure-http-issuer"}, lie.cause, lie.words);
  }
}

TEST(KeyCauses, ANameNobodyKnowsAPortNobodyServesACertificateNobodyVouchesFor) {
  expect_named("http://" + std::string(70, 'x'), {"--insecure-http-issuer"}, "dns", "resolve host");
  expect_named("http://127.0.0.1:1", {"--insecure-http-issuer"}, "connection", "connect to 127.0.0.1");
  const Folder folder;
  folder.make_certificate("issuer");
  TestIssuer issuer(*net::TlsContext::load({folder.path("issuer.pem"), folder.path("issuer.key")}));
  expect_named(issuer.url(), {}, "tls", "certificate");
  issuer.answer_instead([&](std::string_view) {
    return page(R"({"issuer":")" + issuer.url() + R"(","jwks_uri":"http://localhost/k"})");
  });
  expect_named(issuer.url(), {"--keys-ca", folder.path("issuer.pem")}, "url", "jwks_uri is not https");
  issuer.answer_instead([&](std::string_view) {
    return page(R"({"issuer":")" + issuer.url() + R"(","jwks_uri":"https://169.254.169.254/k"})");
  });
  expect_named(issuer.url(), {"--keys-ca", folder.path("issuer.pem")}, "private_address",
               "an address of this machine or its own networks");
}

TEST(KeyCauses, NoLieReplacesAGoodSet) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string kid = issuer.key().kid();
  int told = 0;
  for (const Lie& lie : lies()) {
    tell(issuer, lie);
    EXPECT_EQ(request(gateway.admin(),
                      "POST /api/v1/keys/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                  .status,
              202);
    ASSERT_TRUE(gateway.process().wait_for_error_text("the old keys serve meanwhile", ++told)) << lie.words;
    EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200) << lie.words;
    const std::string shown = shown_keys(gateway);
    EXPECT_NE(shown.find("\"cause\":\"" + std::string(lie.cause) + "\""), std::string::npos) << shown;
    EXPECT_NE(shown.find(kid), std::string::npos) << shown;
  }
  EXPECT_EQ(get(gateway.admin(), "/readyz").status, 200);
}

}  // namespace
}  // namespace callgate::e2e
