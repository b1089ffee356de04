// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>

namespace callgate::keys_http {
namespace {

bool is_public(const std::string& text) {
  sockaddr_storage storage{};
  if (text.find(':') == std::string::npos) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    EXPECT_EQ(inet_pton(AF_INET, text.c_str(), &v4.sin_addr), 1);
    std::memcpy(&storage, &v4, sizeof v4);
  } else {
    sockaddr_in6 v6{};
    v6.sin6_family = AF_INET6;
    EXPECT_EQ(inet_pton(AF_INET6, text.c_str(), &v6.sin6_addr), 1);
    std::memcpy(&storage, &v6, sizeof v6);
  }
  return is_public_address(reinterpret_cast<const sockaddr*>(&storage));
}

TEST(Address, OnlyGlobalOnesArePublic) {
  for (const char* text : {"20.1.2.3", "8.8.8.8", "172.15.255.255", "172.32.0.1", "192.167.1.1",
                           "100.128.0.1", "168.63.129.15", "2603:1027::1", "::ffff:8.8.8.8",
                           "64:ff9b::8.8.8.8", "2002:808:808::1", "2001:200::1", "2001:4860:4860::8888"}) {
    EXPECT_TRUE(is_public(text)) << text;
  }
  for (const char* text : {"0.0.0.0",
                           "10.0.0.1",
                           "100.64.0.1",
                           "127.0.0.1",
                           "127.255.255.255",
                           "169.254.169.254",
                           "172.16.0.1",
                           "172.31.255.255",
                           "192.168.1.1",
                           "224.0.0.1",
                           "255.255.255.255",
                           "::",
                           "::1",
                           "fe80::1",
                           "fc00::1",
                           "fd12::1",
                           "ff02::1",
                           "::ffff:127.0.0.1",
                           "::ffff:169.254.169.254",
                           "64:ff9b::7f00:1",
                           "64:ff9b::169.254.169.254",
                           "64:ff9b:1::8.8.8.8",
                           "2002:7f00:1::1",
                           "2002:a9fe:a9fe::1",
                           "2001::1",
                           "2001:db8::1",
                           "3fff::1",
                           "::127.0.0.1",
                           "168.63.129.16",
                           "192.0.0.8",
                           "192.0.2.1",
                           "192.88.99.1",
                           "198.18.0.1",
                           "198.51.100.1",
                           "203.0.113.1"}) {
    EXPECT_FALSE(is_public(text)) << text;
  }
  sockaddr local{};
  local.sa_family = AF_UNIX;
  EXPECT_FALSE(is_public_address(&local));
}

TEST(Address, IsFoundInAUrlInWhicheverFormItIsSpelled) {
  for (const char* host : {"127.0.0.1",     "127.1",
                           "2130706433",    "0x7f000001",
                           "0x7f.0.0.1",    "0177.0.0.1",
                           "017700000001",  "0",
                           "10.1",          "169.254.169.254",
                           "2852039166",    "[::1]",
                           "[::]",          "[::ffff:127.0.0.1]",
                           "[fe80::1]",     "[64:ff9b::7f00:1]",
                           "localhost",     "LOCALHOST",
                           "localhost.",    "127.0.0.1.",
                           "keys.localhost"}) {
    EXPECT_TRUE(names_private_host("https://" + std::string(host) + ":8443/k")) << host;
  }
  for (const char* host :
       {"issuer.test", "8.8.8.8", "134744072", "[2603:1027::1]", "localhost.test", "127.test"}) {
    EXPECT_FALSE(names_private_host("https://" + std::string(host) + "/k")) << host;
  }
}

}  // namespace
}  // namespace callgate::keys_http
