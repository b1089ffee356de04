// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <netinet/in.h>

#include <array>
#include <cstdint>
#include <cstring>

namespace callgate::keys_http {
namespace {

struct Block {
  std::uint32_t prefix;
  int bits;
};

constexpr std::array<Block, 8> kNotPublic{{{0x00000000, 8},    // this network
                                           {0x0A000000, 8},    // private
                                           {0x64400000, 10},   // shared, behind carriers
                                           {0x7F000000, 8},    // loopback
                                           {0xA9FE0000, 16},   // link-local
                                           {0xAC100000, 12},   // private
                                           {0xC0A80000, 16},   // private
                                           {0xE0000000, 3}}};  // multicast and reserved

bool is_public_v4(std::uint32_t address) {
  for (const Block& block : kNotPublic) {
    if ((address >> (32 - block.bits)) == (block.prefix >> (32 - block.bits))) return false;
  }
  return true;
}

bool is_public_v6(const std::array<std::uint8_t, 16>& a) {
  constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
  if (std::memcmp(a.data(), kMapped.data(), kMapped.size()) == 0) {
    return is_public_v4(static_cast<std::uint32_t>(a[12]) << 24 | static_cast<std::uint32_t>(a[13]) << 16 |
                        static_cast<std::uint32_t>(a[14]) << 8 | a[15]);
  }
  return (a[0] & 0xE0) == 0x20;  // 2000::/3, all that is assigned for global use
}

}  // namespace

bool is_public_address(const sockaddr* address) {
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    return is_public_v4(ntohl(v4.sin_addr.s_addr));
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::array<std::uint8_t, 16> bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

}  // namespace callgate::keys_http
