// SPDX-License-Identifier: Apache-2.0
// Other proxies ask about a callback that they hold themselves.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

constexpr const char* kAuthorize = "/callgate/authorize";

Answer ask(const Gateway& gateway, const http::Headers& headers, const std::string& target = kAuthorize,
           const std::string& method = "GET") {
  std::string text = method + " " + target + " HTTP/1.1\r\nHost: proxy\r\n";
  for (const http::Field& field : headers.fields()) text += field.name + ": " + field.value + "\r\n";
  return request(gateway.address(), text + "\r\n");
}

TEST(Authorize, VouchesForATokenWithoutABody) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  for (const char* method : {"GET", "POST", "HEAD", "PUT"}) {
    const Answer answer = ask(gateway, bearer(issuer.token({{"sub", "\"resource\""}})), kAuthorize, method);
    EXPECT_EQ(answer.status, 204) << method;
    EXPECT_EQ(answer.headers.find_single("Callgate-Provider"), "acs");
    EXPECT_EQ(answer.headers.find_single("Callgate-Issuer"), issuer.url());
    EXPECT_EQ(answer.headers.find_single("Callgate-Audience"), kAudience);
    EXPECT_EQ(answer.headers.find_single("Callgate-Subject"), "resource");
    EXPECT_EQ(answer.headers.find_single("Callgate-Key-Id"), issuer.key().kid());
    EXPECT_EQ(answer.headers.find_single("Callgate-Request-Id"), answer.headers.find_single("X-Request-Id"));
    EXPECT_EQ(answer.headers.find_single("Cache-Control"), "no-store");
  }
}

TEST(Authorize, RefusesAsTheRouteWould) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer none = ask(gateway, {});
  EXPECT_EQ(none.status, 401);
  EXPECT_EQ(none.headers.find_single("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(ask(gateway, bearer(issuer.token({{"aud", "\"other\""}}))).reason(), "audience_mismatch");
  EXPECT_EQ(ask(gateway, bearer("garbage")).reason(), "token_malformed");
  EXPECT_EQ(ask(gateway, bearer(issuer.token()), "/callgate/authorize/").status, 404);
  EXPECT_EQ(ask(gateway, bearer(issuer.token()), "/callgate/authorize/api/callback").status, 404);
  EXPECT_EQ(ask(gateway, bearer(issuer.token()), "/callgate/%61uthorize").status, 404);
  EXPECT_EQ(ask(gateway, bearer(issuer.token()), "/callgate").status, 404);
}

TEST(Authorize, WithoutKeysIs503) {
  TestIssuer issuer;
  issuer.set_down(true);
  const Gateway gateway(issuer.url());
  const Answer answer = ask(gateway, bearer(issuer.token()));
  EXPECT_EQ(answer.status, 503);
  EXPECT_EQ(answer.reason(), "keys_unavailable");
  EXPECT_EQ(answer.headers.count("Retry-After"), 1U);
}

TEST(Authorize, TheRouteIsChosenByConfigurationAlone) {
  TestIssuer one, two;
  const Folder folder;
  folder.write("secret.txt", "open-sesame");
  const auto provider = [](const char* name, const TestIssuer& issuer) {
    return std::string("[[provider]]\nname = \"") + name + "\"\ninsecure_http_issuer = true\nissuer = \"" +
           issuer.url() + "\"\naudiences = [\"" + kAudience + "\"]\n";
  };
  Gateway gateway = Gateway::with(
      {"serve", "--config",
       folder.write(
           "callgate.toml",
           "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\ntrusted_proxies = "
           "[\"127.0.0.1\"]\n" +
               provider("one", one) + provider("two", two) +
               "[[route]]\npath = \"/\"\nproviders = [\"one\"]\nauthorize = \"/callgate/authorize\"\n"
               "[[route]]\npath = \"/two\"\nproviders = [\"two\"]\nauthorize = "
               "\"/callgate/authorize/two\"\nallowed_sources = [\"192.0.2.0/24\"]\n"
               "[[route]]\npath = \"/three\"\nproviders = [\"two\"]\n"
               "[[route]]\npath = \"/four\"\nproviders = []\nquery_secret = { name = \"code\", file = "
               "\"secret.txt\" }\nauthorize = \"/callgate/authorize/four\"\n")});
  ASSERT_TRUE(gateway.becomes_ready());
  http::Headers misleading = bearer(two.token());
  for (const char* name : {"X-Forwarded-Uri", "X-Original-URI", "X-Original-URL", "X-Rewrite-Url"})
    misleading.add(name, "/two");
  EXPECT_EQ(ask(gateway, misleading).reason(), "key_unknown") << "judged by route / and its provider";
  EXPECT_EQ(ask(gateway, bearer(one.token())).status, 204);

  http::Headers from_outside = bearer(two.token());
  EXPECT_EQ(ask(gateway, from_outside, "/callgate/authorize/two").reason(), "source_not_allowed");
  from_outside.add("X-Forwarded-For", "192.0.2.7");
  const Answer vouched = ask(gateway, from_outside, "/callgate/authorize/two");
  EXPECT_EQ(vouched.status, 204);
  EXPECT_EQ(vouched.headers.find_single("Callgate-Provider"), "two");
  EXPECT_EQ(ask(gateway, from_outside, "/callgate/authorize/three").status, 404);

  EXPECT_EQ(ask(gateway, {}, "/callgate/authorize/four?code=wrong").reason(), "query_secret_wrong");
  const Answer by_secret = ask(gateway, {}, "/callgate/authorize/four?code=open-sesame");
  EXPECT_EQ(by_secret.status, 204);
  EXPECT_EQ(by_secret.headers.count("Callgate-Issuer"), 0U) << "a secret names nobody";
}

}  // namespace
}  // namespace callgate::e2e
