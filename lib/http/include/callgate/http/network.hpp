// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses of peers and the networks that configuration names (RFC 4632, RFC 4291), and which address a
// request came from when proxies stand in between. Pure values, any thread.

#include <array>
#include <callgate/http/headers.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::http {

// An IPv4 or IPv6 address. IPv4-mapped IPv6 ("::ffff:192.0.2.1") is the IPv4 address it holds, so that a rule
// for one holds for the other. No zone.
class Address {
 public:
  static std::optional<Address> parse(std::string_view text);
  // From 4 or 16 bytes in network order; nothing for any other size.
  static std::optional<Address> from_bytes(std::string_view bytes);

  bool is_v4() const { return v4_; }
  bool is_loopback() const;
  // 4 or 16, in network order; they live as long as the address.
  std::string_view bytes() const;
  std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;

 private:
  friend class Network;
  std::array<std::uint8_t, 16> bytes_{};  // an IPv4 address takes the first four
  bool v4_ = true;
};

// "52.112.0.0/14", "2001:db8::/32", or a single address. Bits behind the prefix must be zero: a typing error
// there would mean another network.
class Network {
 public:
  static std::optional<Network> parse(std::string_view text);
  bool contains(const Address& address) const;
  std::string text() const;
  friend bool operator==(const Network&, const Network&) = default;

 private:
  Address base_;
  std::uint8_t prefix_bits_ = 0;
};

bool is_in(const Address& address, const std::vector<Network>& networks);

// Where a request came from: the peer, unless it is a trusted proxy. Then X-Forwarded-For is read from its
// end, across all its fields, past every trusted proxy, to the first address that is none; what stands before
// it was written by strangers. An entry that is no address ends the walk: nothing is known then, and nothing
// is returned. A trusted peer that sends no such field is itself the source.
std::optional<Address> find_source(const Address& peer, const Headers& headers,
                                   const std::vector<Network>& trusted_proxies);

}  // namespace callgate::http
