// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/proxy.hpp>

namespace callgate::http {
namespace {

TEST(Proxy, EachSchemeHasItsOwn) {
  const Proxies proxies{.http = "http://one:3128", .https = "http://two:3128"};
  EXPECT_EQ(find_proxy(proxies, *parse_url("http://issuer.test/d")), "http://one:3128");
  EXPECT_EQ(find_proxy(proxies, *parse_url("https://issuer.test/d")), "http://two:3128");
  EXPECT_EQ(find_proxy({.http = "http://one:3128"}, *parse_url("https://issuer.test/d")), "");
}

TEST(Proxy, WhatNoProxyNamesIsFetchedDirectly) {
  const struct {
    const char* none;
    const char* url;
    bool directly;
  } rows[] = {
      {"", "https://issuer.test/", false},
      {"*", "https://issuer.test/", true},
      {"issuer.test", "https://issuer.test/", true},
      {"other.test,issuer.test", "https://issuer.test:8443/", true},
      {"other.test  Issuer.TEST", "https://keys.issuer.test/", true},
      {".issuer.test", "https://keys.issuer.test/", true},
      {".issuer.test", "https://issuer.test/", true},
      {"issuer.test", "https://anotherissuer.test/", false},
      {"issuer.test", "https://issuer.test.evil.test/", false},
      {".", "https://issuer.test/", false},
      {"127.0.0.1", "https://127.0.0.1:8443/", true},
      {"127.0.0.1", "https://127.0.0.2/", false},
      {"10.0.0.0/8", "https://10.1.2.3/", true},
      {"10.0.0.0/8", "https://11.1.2.3/", false},
      {"10.0.0.0/8", "https://10.issuer.test/", false},
      {"::1", "https://[::1]:8443/", true},
      {"[::1]", "https://[::1]:8443/", true},
      {"fd00::/8", "https://[fd12::1]/", true},
      {",, ,", "https://issuer.test/", false},
  };
  for (const auto& row : rows) {
    const Proxies proxies{.https = "http://proxy:3128", .none = row.none};
    EXPECT_EQ(find_proxy(proxies, *parse_url(row.url)).empty(), row.directly) << row.none << " " << row.url;
  }
}

}  // namespace
}  // namespace callgate::http
