// SPDX-License-Identifier: Apache-2.0
#include "address_text.hpp"

#include <array>
#include <charconv>
#include <vector>

namespace callgate::http {
namespace {

constexpr std::size_t kGroups = 8;

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto at = text.find(separator);
    parts.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::optional<unsigned> parse_number(std::string_view text, int base, std::size_t digits_max) {
  unsigned value = 0;
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// The groups of one side of "::", two bytes each; the last may be IPv4 if the side ends the address.
std::optional<std::string> parse_groups(std::string_view text, bool at_end) {
  std::string bytes;
  if (text.empty()) return bytes;
  const auto groups = split(text, ':');
  for (std::size_t i = 0; i < groups.size(); ++i) {
    if (at_end && i + 1 == groups.size() && groups[i].find('.') != std::string_view::npos) {
      const auto v4 = parse_v4(groups[i]);
      if (!v4) return std::nullopt;
      return bytes + *v4;
    }
    const auto group = parse_number(groups[i], 16, 4);
    if (!group) return std::nullopt;
    bytes += static_cast<char>(*group >> 8);
    bytes += static_cast<char>(*group & 0xFF);
  }
  return bytes;
}

std::string hexadecimal(unsigned value) {
  std::array<char, 4> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value, 16).ptr;
  return {digits.data(), end};
}

}  // namespace

std::optional<std::string> parse_v4(std::string_view text) {
  const auto parts = split(text, '.');
  if (parts.size() != 4) return std::nullopt;
  std::string bytes;
  for (const std::string_view part : parts) {
    const auto number = parse_number(part, 10, 3);
    if (!number || *number > 255 || (part.size() > 1 && part.front() == '0')) return std::nullopt;
    bytes += static_cast<char>(*number);
  }
  return bytes;
}

std::optional<std::string> parse_v6(std::string_view text) {
  constexpr std::size_t kSize = kGroups * 2;
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) {
    auto bytes = parse_groups(text, true);
    return bytes && bytes->size() == kSize ? bytes : std::nullopt;
  }
  const auto front = parse_groups(text.substr(0, gap), false);
  const auto back = parse_groups(text.substr(gap + 2), true);
  // "::" stands for one group of zeros at least.
  if (!front || !back || front->size() + back->size() > kSize - 2) return std::nullopt;
  return *front + std::string(kSize - front->size() - back->size(), '\0') + *back;
}

std::string v4_text(const std::uint8_t* bytes) {
  std::string out;
  for (int i = 0; i < 4; ++i) out += (i > 0 ? "." : "") + std::to_string(bytes[i]);
  return out;
}

std::string v6_text(const std::uint8_t* bytes) {
  std::array<unsigned, kGroups> groups{};
  for (std::size_t i = 0; i < kGroups; ++i) groups[i] = unsigned{bytes[2 * i]} << 8U | bytes[2 * i + 1];
  std::size_t gap = kGroups, gap_size = 1;  // a single group of zeros is written out
  for (std::size_t i = 0; i < kGroups; ++i) {
    std::size_t end = i;
    while (end < kGroups && groups[end] == 0) ++end;
    if (end - i > gap_size) {
      gap = i;
      gap_size = end - i;
    }
  }
  std::string out;
  for (std::size_t i = 0; i < kGroups; ++i) {
    if (i == gap) {
      out += "::";
      i += gap_size - 1;
      continue;
    }
    if (!out.empty() && out.back() != ':') out += ':';
    out += hexadecimal(groups[i]);
  }
  return out;
}

}  // namespace callgate::http
