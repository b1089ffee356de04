// SPDX-License-Identifier: Apache-2.0
// http reads and writes addresses without the operating system; here it is asked for a second opinion.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <callgate/http/network.hpp>
#include <random>

namespace callgate::http {
namespace {

TEST(Address, AgreesWithTheOperatingSystemOnRandomAddresses) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(i % 4 == 0 ? 4 : 16, '\0');
    // Zeros are common, so that runs of them occur.
    for (char& byte : bytes) byte = static_cast<char>(random() % 3 == 0 ? random() : 0);
    if (bytes.size() == 16)
      bytes[0] = 0x20;  // neither mapped nor compatible, which systems write differently
    std::array<char, INET6_ADDRSTRLEN> text{};
    ASSERT_NE(inet_ntop(bytes.size() == 4 ? AF_INET : AF_INET6, bytes.data(), text.data(), text.size()),
              nullptr);
    EXPECT_EQ(Address::from_bytes(bytes)->text(), text.data());
    EXPECT_EQ(Address::parse(text.data()), Address::from_bytes(bytes)) << text.data();
  }
}

}  // namespace
}  // namespace callgate::http
