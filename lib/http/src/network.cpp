// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/http/network.hpp>
#include <charconv>

#include "address_text.hpp"

namespace callgate::http {
namespace {

constexpr std::array<std::uint8_t, 12> kMappedPrefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
constexpr unsigned kV4Bits = 32, kV6Bits = 128;

bool is_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), port);
  return !text.empty() && fault == std::errc{} && end == text.data() + text.size();
}

// An entry of X-Forwarded-For: an address, with or without port; IPv6 in brackets if a port follows.
std::optional<Address> parse_entry(std::string_view entry) {
  std::string_view host = entry;
  if (entry.starts_with('[')) {
    const auto end = entry.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    host = entry.substr(1, end - 1);
    entry.remove_prefix(end + 1);
    if (host.find(':') == std::string_view::npos) return std::nullopt;
  } else {
    if (std::count(entry.begin(), entry.end(), ':') == 1) host = entry.substr(0, entry.find(':'));
    entry.remove_prefix(host.size());
  }
  if (!entry.empty() && (entry.front() != ':' || !is_port(entry.substr(1)))) return std::nullopt;
  return Address::parse(host);
}

}  // namespace

std::optional<Address> Address::from_bytes(std::string_view bytes) {
  Address address;
  if (bytes.size() != 4 && bytes.size() != 16) return std::nullopt;
  address.v4_ = bytes.size() == 4;
  std::copy(bytes.begin(), bytes.end(), address.bytes_.begin());
  if (!address.v4_ && std::equal(kMappedPrefix.begin(), kMappedPrefix.end(), address.bytes_.begin())) {
    return from_bytes(bytes.substr(kMappedPrefix.size()));
  }
  return address;
}

std::optional<Address> Address::parse(std::string_view text) {
  const bool v4 = text.find(':') == std::string_view::npos;
  const auto bytes = v4 ? parse_v4(text) : parse_v6(text);
  return bytes ? from_bytes(*bytes) : std::nullopt;
}

bool Address::is_loopback() const {
  if (v4_) return bytes_[0] == 127;
  return std::all_of(bytes_.begin(), bytes_.end() - 1, [](std::uint8_t b) { return b == 0; }) &&
         bytes_.back() == 1;
}

std::string_view Address::bytes() const {
  const void* raw = bytes_.data();
  return {static_cast<const char*>(raw), v4_ ? std::size_t{4} : bytes_.size()};
}

std::string Address::text() const {
  return v4_ ? v4_text(bytes_.data()) : v6_text(bytes_.data());
}

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = text.find('/');
  const std::string_view host = text.substr(0, slash);
  const auto base = Address::parse(host);
  if (!base) return std::nullopt;
  // "::ffff:192.0.2.0/120" counts its bits from the front of the IPv6 address.
  const bool mapped = base->is_v4() && host.find(':') != std::string_view::npos;
  unsigned bits = base->is_v4() && !mapped ? kV4Bits : kV6Bits;
  if (slash != std::string_view::npos) {
    const std::string_view count = text.substr(slash + 1);
    unsigned given = 0;
    const auto [end, fault] = std::from_chars(count.data(), count.data() + count.size(), given);
    const bool plain = fault == std::errc{} && end == count.data() + count.size() && !count.empty();
    if (!plain || given > bits || (count.size() > 1 && count.front() == '0')) return std::nullopt;
    bits = given;
  }
  if (mapped) {
    if (bits < kV6Bits - kV4Bits) return std::nullopt;
    bits -= kV6Bits - kV4Bits;
  }
  Network network;
  network.base_ = *base;
  network.prefix_bits_ = static_cast<std::uint8_t>(bits);
  for (unsigned bit = bits; bit < (base->is_v4() ? kV4Bits : kV6Bits); ++bit) {
    if ((base->bytes_[bit / 8] >> (7 - bit % 8)) & 1) return std::nullopt;
  }
  return network;
}

bool Network::contains(const Address& address) const {
  if (address.is_v4() != base_.is_v4()) return false;
  for (unsigned at = 0; at * 8 < prefix_bits_; ++at) {
    const unsigned left = prefix_bits_ - at * 8U;
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xFF : 0xFF << (8 - left));
    if (((address.bytes_[at] ^ base_.bytes_[at]) & mask) != 0) return false;
  }
  return true;
}

std::string Network::text() const {
  return base_.text() + "/" + std::to_string(prefix_bits_);
}

bool is_in(const Address& address, const std::vector<Network>& networks) {
  return std::any_of(networks.begin(), networks.end(),
                     [&](const Network& network) { return network.contains(address); });
}

std::optional<Address> find_source(const Address& peer, const Headers& headers,
                                   const std::vector<Network>& trusted_proxies) {
  if (!is_in(peer, trusted_proxies)) return peer;
  const auto entries = headers.list("X-Forwarded-For");
  Address source = peer;
  for (auto entry = entries.rbegin(); entry != entries.rend(); ++entry) {
    const auto address = parse_entry(*entry);
    if (!address) return std::nullopt;
    source = *address;
    if (!is_in(source, trusted_proxies)) break;
  }
  return source;
}

}  // namespace callgate::http
