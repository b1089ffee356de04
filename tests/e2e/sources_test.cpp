// SPDX-License-Identifier: Apache-2.0
// Where callbacks may come from, directly and through proxies.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

std::string config(const TestIssuer& issuer, const std::string& server, const std::string& sources) {
  return "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n" + server +
         "[[provider]]\nname = \"acs\"\ninsecure_http_issuer = true\nissuer = \"" + issuer.url() +
         "\"\naudiences = [\"" + kAudience + "\"]\n[[route]]\npath = \"" + kPath +
         "\"\nproviders = [\"acs\"]\nallowed_sources = [" + sources + "]\n";
}

Answer callback_from(const Gateway& gateway, const TestIssuer& issuer, const char* forwarded) {
  http::Headers headers = bearer(issuer.token());
  if (forwarded != nullptr) headers.add("X-Forwarded-For", forwarded);
  return post(gateway.address(), kPath, headers, event_body());
}

TEST(Sources, OthersAreRefusedBeforeTheirTokenIsLookedAt) {
  TestIssuer issuer;
  const Folder folder;
  const Gateway gateway = Gateway::with(
      {"serve", "--config", folder.write("callgate.toml", config(issuer, "", "\"203.0.113.0/24\""))});
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer refused = callback_from(gateway, issuer, "203.0.113.7");
  EXPECT_EQ(refused.status, 403) << "a stranger's X-Forwarded-For is no proof";
  EXPECT_EQ(refused.reason(), "source_not_allowed");
  EXPECT_EQ(post(gateway.address(), kPath, {}, "").reason(), "source_not_allowed");
  EXPECT_EQ(post(gateway.address(), "/other", {}, "").status, 404);
}

TEST(Sources, ATrustedProxyIsBelieved) {
  TestIssuer issuer;
  const Folder folder;
  const Gateway gateway =
      Gateway::with({"serve", "--config",
                     folder.write("callgate.toml", config(issuer, "trusted_proxies = [\"127.0.0.0/8\"]\n",
                                                          "\"203.0.113.0/24\""))});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(callback_from(gateway, issuer, "198.51.100.1, 203.0.113.7").status, 200);
  EXPECT_EQ(callback_from(gateway, issuer, "203.0.113.7, 198.51.100.1").status, 403);
  EXPECT_EQ(callback_from(gateway, issuer, "203.0.113.7, nonsense").status, 403);
  EXPECT_EQ(callback_from(gateway, issuer, nullptr).status, 403);
}

TEST(Sources, AProxyHeaderNamesTheSource) {
  TestIssuer issuer;
  const Folder folder;
  Gateway gateway =
      Gateway::with({"serve", "--config",
                     folder.write("callgate.toml",
                                  config(issuer, "trusted_proxies = [\"127.0.0.1\"]\nproxy_protocol = true\n",
                                         "\"203.0.113.0/24\", \"2001:db8::/32\""))});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string callback = post_text(kPath, bearer(issuer.token()), event_body());
  EXPECT_EQ(request(gateway.address(), "PROXY TCP4 203.0.113.7 192.0.2.1 4711 443\r\n" + callback).status,
            200);
  EXPECT_EQ(request(gateway.address(), "PROXY TCP6 2001:db8::1 ::1 4711 443\r\n" + callback).status, 200);
  EXPECT_EQ(request(gateway.address(), "PROXY TCP4 198.51.100.1 192.0.2.1 4711 443\r\n" + callback).status,
            403);
  EXPECT_EQ(request(gateway.address(), callback).status, 0) << "without the header nothing is answered";
  EXPECT_TRUE(gateway.process().wait_for_error_text("127.0.0.1: it did not begin with a PROXY header"));
  const std::string v2 = std::string("\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c", 16) +
                         std::string("\xcb\0\x71\x07\xc0\0\x02\x01\x12\x67\x01\xbb", 12);
  EXPECT_EQ(request(gateway.address(), v2 + callback).status, 200);
}

}  // namespace
}  // namespace callgate::e2e
