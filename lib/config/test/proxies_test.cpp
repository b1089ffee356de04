// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/proxies.hpp>

#include "environment.hpp"

namespace callgate::config {
namespace {

constexpr const char* kNames[] = {"http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY",
                                  "all_proxy",  "ALL_PROXY",  "no_proxy",    "NO_PROXY"};

class ProxiesTest : public testing::Test {
 protected:
  ProxiesTest() { clear(); }
  ~ProxiesTest() override { clear(); }
  static void clear() {
    for (const char* name : kNames) unset_variable(name);
  }
};

TEST_F(ProxiesTest, SmallLettersComeFirstAndAllProxyLast) {
  EXPECT_EQ(read_proxies(), http::Proxies{});
  set_variable("ALL_PROXY", "http://all:1");
  set_variable("HTTPS_PROXY", "http://large:1");
  set_variable("NO_PROXY", "localhost");
  EXPECT_EQ(read_proxies(),
            (http::Proxies{.http = "http://all:1", .https = "http://large:1", .none = "localhost"}));
  set_variable("https_proxy", "http://small:1");
  set_variable("HTTP_PROXY", "http://plain:1");
  set_variable("no_proxy", "");
  EXPECT_EQ(read_proxies(),
            (http::Proxies{.http = "http://plain:1", .https = "http://small:1", .none = "localhost"}));
}

}  // namespace
}  // namespace callgate::config
