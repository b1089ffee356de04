// SPDX-License-Identifier: Apache-2.0
#include "address.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <callgate/http/url.hpp>
#include <cstdint>
#include <cstring>

namespace callgate::keys_http {
namespace {

struct Block {
  std::uint32_t prefix;
  int bits;
};

constexpr std::array kNotPublic{Block{0x00000000, 8},   // this network
                                Block{0x0A000000, 8},   // private
                                Block{0x64400000, 10},  // shared, behind carriers
                                Block{0x7F000000, 8},   // loopback
                                Block{0xA83F8110, 32},  // 168.63.129.16: Azure's host towards its guests
                                Block{0xA9FE0000, 16},  // link-local
                                Block{0xAC100000, 12},  // private
                                Block{0xC0000000, 24},  // protocol assignments
                                Block{0xC0000200, 24},  // documentation
                                Block{0xC0586300, 24},  // 6to4 relays
                                Block{0xC0A80000, 16},  // private
                                Block{0xC6120000, 15},  // benchmarks
                                Block{0xC6336400, 24},  // documentation
                                Block{0xCB007100, 24},  // documentation
                                Block{0xE0000000, 3}};  // multicast and reserved

bool is_public_v4(std::uint32_t address) {
  for (const Block& block : kNotPublic) {
    if ((address >> (32 - block.bits)) == (block.prefix >> (32 - block.bits))) return false;
  }
  return true;
}

using V6 = std::array<std::uint8_t, 16>;

bool starts_with(const V6& address, std::initializer_list<std::uint8_t> bytes) {
  return std::equal(bytes.begin(), bytes.end(), address.begin());
}

std::uint32_t v4_at(const V6& a, std::size_t at) {
  return static_cast<std::uint32_t>(a[at]) << 24 | static_cast<std::uint32_t>(a[at + 1]) << 16 |
         static_cast<std::uint32_t>(a[at + 2]) << 8 | a[at + 3];
}

bool is_public_v6(const V6& a) {
  if (starts_with(a, {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF}))
    return is_public_v4(v4_at(a, 12));  // mapped
  if (starts_with(a, {0, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0}))
    return is_public_v4(v4_at(a, 12));                                 // NAT64
  if (starts_with(a, {0x20, 0x02})) return is_public_v4(v4_at(a, 2));  // 6to4
  if (starts_with(a, {0x20, 0x01, 0x0D, 0xB8})) return false;          // documentation
  if (starts_with(a, {0x20, 0x01}) && a[2] < 0x02) return false;       // protocol assignments, Teredo
  if (starts_with(a, {0x3F, 0xFF}) && a[2] < 0x10) return false;       // documentation
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
    V6 bytes{};
    std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
    return is_public_v6(bytes);
  }
  return false;
}

bool names_private_host(const std::string& text) {
  const auto url = http::parse_url(text);
  if (!url) return false;
  std::string host = url->host;
  if (host.ends_with('.')) host.pop_back();
  if (host == "localhost" || host.ends_with(".localhost")) return true;
  in_addr v4{};
  if (inet_aton(host.c_str(), &v4) != 0) return !is_public_v4(ntohl(v4.s_addr));
  V6 v6{};
  return inet_pton(AF_INET6, host.c_str(), v6.data()) == 1 && !is_public_v6(v6);
}

}  // namespace callgate::keys_http
