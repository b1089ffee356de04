// SPDX-License-Identifier: Apache-2.0
#include "proxy_header.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

namespace callgate::net {
namespace {

using Parsed = tl::expected<ProxyHeader, NoProxyHeader>;
using namespace std::string_view_literals;

constexpr std::string_view kTextMark = "PROXY ";
constexpr std::size_t kTextBytesMax = 107;  // with CRLF
constexpr std::string_view kBinaryMark = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::size_t kBinaryFixedBytes = 16;  // mark, version and command, family, length
constexpr std::size_t kTagFixedBytes = 3;      // type and length of a TLV

Parsed malformed() {
  return tl::unexpected(NoProxyHeader::malformed);
}

Parsed incomplete() {
  return tl::unexpected(NoProxyHeader::incomplete);
}

bool is_port(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (!digits || text.empty() || text.size() > 5 || (text.size() > 1 && text[0] == '0')) return false;
  unsigned value = 0;
  for (const char c : text) value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= 65'535;
}

std::optional<http::Address> parse_address(std::string_view text, bool v6) {
  if ((text.find(':') != std::string_view::npos) != v6) return std::nullopt;
  return http::Address::parse(text);
}

// What stands between "PROXY " and CRLF.
Parsed parse_line(std::string_view line, std::size_t size) {
  const auto is_plain = [](char c) { return c >= 0x20 && c < 0x7F; };
  if (!std::all_of(line.begin(), line.end(), is_plain)) return malformed();
  // Whatever else an UNKNOWN line says is to be ignored.
  if (line == "UNKNOWN" || line.starts_with("UNKNOWN ")) return ProxyHeader{size, std::nullopt};
  std::array<std::string_view, 5> words{};
  for (std::size_t i = 0; i < words.size(); ++i) {
    const bool last = i + 1 == words.size();
    const std::size_t end = last ? line.size() : line.find(' ');
    if (end == std::string_view::npos) return malformed();
    words.at(i) = line.substr(0, end);
    line.remove_prefix(last ? end : end + 1);
  }
  const auto& [family, source_text, target_text, source_port, target_port] = words;
  if (family != "TCP4" && family != "TCP6") return malformed();
  const auto source = parse_address(source_text, family == "TCP6");
  const auto target = parse_address(target_text, family == "TCP6");
  if (!source || !target || !is_port(source_port) || !is_port(target_port)) return malformed();
  return ProxyHeader{size, source};
}

Parsed parse_text(std::string_view bytes) {
  const std::string_view possible = bytes.substr(0, kTextBytesMax);
  const std::size_t end = possible.find_first_of("\r\n");
  if (end == std::string_view::npos) return bytes.size() < kTextBytesMax ? incomplete() : malformed();
  if (possible[end] == '\n') return malformed();
  if (end + 1 >= possible.size()) return bytes.size() < kTextBytesMax ? incomplete() : malformed();
  if (possible[end + 1] != '\n') return malformed();
  return parse_line(possible.substr(kTextMark.size(), end - kTextMark.size()), end + 2);
}

std::uint8_t byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint8_t>(bytes[at]);
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(byte_at(bytes, at)) << 8 | byte_at(bytes, at + 1);
}

// Type, length and value, again and again; one that says it is longer than the header is a lie.
bool are_tags(std::string_view bytes) {
  while (!bytes.empty()) {
    if (bytes.size() < kTagFixedBytes) return false;
    const std::size_t size = kTagFixedBytes + number_at(bytes, 1);
    if (size > bytes.size()) return false;
    bytes.remove_prefix(size);
  }
  return true;
}

// Of one address and of both with their ports; by the upper half of the family byte.
struct Family {
  std::size_t address_bytes = 0;
  std::size_t block_bytes = 0;
  bool named = false;  // IPv4 or IPv6
};
constexpr std::array<Family, 4> kFamilies{{{0, 0, false}, {4, 12, true}, {16, 36, true}, {108, 216, false}}};

Parsed parse_binary(std::string_view bytes) {
  if (bytes.size() < kBinaryFixedBytes) {
    const bool wrong_version = bytes.size() > kBinaryMark.size() && byte_at(bytes, 12) >> 4 != 2;
    return wrong_version ? malformed() : incomplete();
  }
  const unsigned version = byte_at(bytes, 12) >> 4, command = byte_at(bytes, 12) & 0xFU;
  const std::size_t size = kBinaryFixedBytes + number_at(bytes, 14);
  if (version != 2 || command > 1 || size > kProxyHeaderBytesMax) return malformed();
  if (bytes.size() < size) return incomplete();
  if (command == 0) return ProxyHeader{size, std::nullopt};  // LOCAL: the rest is to be ignored
  const unsigned family = byte_at(bytes, 13) >> 4, transport = byte_at(bytes, 13) & 0xFU;
  if (family >= kFamilies.size() || transport > 2) return malformed();
  const Family& kind = kFamilies.at(family);
  const std::string_view block = bytes.substr(kBinaryFixedBytes, size - kBinaryFixedBytes);
  if (block.size() < kind.block_bytes) return malformed();
  // Nobody knows how long the addresses of an unspecified family are, so nothing can be said of its rest.
  if (family != 0 && !are_tags(block.substr(kind.block_bytes))) return malformed();
  if (!kind.named || transport != 1) return ProxyHeader{size, std::nullopt};
  return ProxyHeader{size, http::Address::from_bytes(block.substr(0, kind.address_bytes))};
}

// Whether one is the beginning of the other.
bool fit(std::string_view bytes, std::string_view mark) {
  const std::size_t both = std::min(bytes.size(), mark.size());
  return bytes.substr(0, both) == mark.substr(0, both);
}

}  // namespace

Parsed parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return incomplete();
  if (fit(bytes, kTextMark)) return parse_text(bytes);
  if (fit(bytes, kBinaryMark)) return parse_binary(bytes);
  return malformed();
}

}  // namespace callgate::net
