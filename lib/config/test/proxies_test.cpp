// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/proxies.hpp>

#include <cstdlib>

namespace callgate::config {
namespace {

constexpr const char* kNames[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                  "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

class ProxiesTest : public testing::Test {
 protected:
  ProxiesTest() { clear(); }
  ~ProxiesTest() override { clear(); }
  static void clear() {
    for (const char* name : kNames) unsetenv(name);
  }
};

TEST_F(ProxiesTest, SmallLettersComeFirstAndAllProxyLast) {
  EXPECT_EQ(read_proxies(), http::Proxies{});
  setenv("ALL_PROXY", "http://all:1", 1);
  setenv("HTTPS_PROXY", "http://large:1", 1);
  setenv("NO_PROXY", "localhost", 1);
  EXPECT_EQ(read_proxies(),
            (http::Proxies{.http = "http://all:1", .https = "http://large:1", .none = "localhost"}));
  setenv("https_proxy", "http://small:1", 1);
  setenv("HTTP_PROXY", "http://plain:1", 1);
  setenv("no_proxy", "", 1);
  EXPECT_EQ(read_proxies(),
            (http::Proxies{.http = "http://plain:1", .https = "http://small:1", .none = "localhost"}));
}

}  // namespace
}  // namespace callgate::config
