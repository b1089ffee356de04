// SPDX-License-Identifier: Apache-2.0
#include "scan.hpp"

#include <cstdint>
#include <cstring>
#include <optional>

namespace callgate::json {
namespace {

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

std::size_t digits_from(std::string_view text, std::size_t at) {
  while (at < text.size() && is_digit(text[at])) ++at;
  return at;
}

std::optional<std::uint32_t> hex4(const char* text, std::size_t length, std::size_t at) {
  if (length - at < 4) return std::nullopt;
  std::uint32_t value = 0;
  for (std::size_t i = at; i < at + 4; ++i) {
    const char c = text[i];
    std::uint32_t digit = 0;
    if (is_digit(c))
      digit = static_cast<std::uint32_t>(c - '0');
    else if (c >= 'a' && c <= 'f')
      digit = static_cast<std::uint32_t>(c - 'a') + 10;
    else if (c >= 'A' && c <= 'F')
      digit = static_cast<std::uint32_t>(c - 'A') + 10;
    else
      return std::nullopt;
    value = value * 16 + digit;
  }
  return value;
}

std::size_t put_utf8(char* out, std::uint32_t c) {
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  if (c < 0x80) {
    out[0] = byte(c);
    return 1;
  }
  if (c < 0x800) {
    out[0] = byte(0xC0 | (c >> 6));
    out[1] = byte(0x80 | (c & 0x3F));
    return 2;
  }
  if (c < 0x10000) {
    out[0] = byte(0xE0 | (c >> 12));
    out[1] = byte(0x80 | ((c >> 6) & 0x3F));
    out[2] = byte(0x80 | (c & 0x3F));
    return 3;
  }
  out[0] = byte(0xF0 | (c >> 18));
  out[1] = byte(0x80 | ((c >> 12) & 0x3F));
  out[2] = byte(0x80 | ((c >> 6) & 0x3F));
  out[3] = byte(0x80 | (c & 0x3F));
  return 4;
}

struct Escape {
  std::size_t end;  // 0: malformed
  std::uint32_t code_point;
  bool lone_surrogate;
};

// text[at] is the character behind "\u".
Escape scan_unicode_escape(const char* text, std::size_t length, std::size_t at) {
  const auto high = hex4(text, length, at);
  if (!high) return {0, 0, false};
  if (*high < 0xD800 || *high > 0xDFFF) return {at + 4, *high, false};
  constexpr std::uint32_t kReplacement = 0xFFFD;
  const std::size_t next = at + 4;
  if (*high > 0xDBFF || length - next < 6 || text[next] != '\\' || text[next + 1] != 'u') {
    return {next, kReplacement, true};
  }
  const auto low = hex4(text, length, next + 2);
  if (!low || *low < 0xDC00 || *low > 0xDFFF) return {next, kReplacement, true};
  return {next + 6, 0x10000 + ((*high - 0xD800) << 10) + (*low - 0xDC00), false};
}

// text[at] is the character behind the backslash.
Escape scan_escape(const char* text, std::size_t length, std::size_t at) {
  if (at >= length) return {0, 0, false};
  constexpr std::string_view kNames = "\"\\/bfnrt";
  constexpr std::string_view kValues = "\"\\/\b\f\n\r\t";
  if (text[at] == 'u') return scan_unicode_escape(text, length, at + 1);
  const std::size_t which = kNames.find(text[at]);
  if (which == std::string_view::npos) return {0, 0, false};
  return {at + 1, static_cast<std::uint32_t>(kValues[which]), false};
}

// First quote, backslash or control character from `at` on; eight bytes a step while there are eight.
std::size_t find_special(const char* text, std::size_t length, std::size_t at) {
  constexpr std::uint64_t kOnes = 0x0101010101010101U;
  constexpr std::uint64_t kHighs = kOnes * 0x80;
  while (length - at >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, text + at, sizeof word);
    const std::uint64_t quote = word ^ (kOnes * '"');
    const std::uint64_t slash = word ^ (kOnes * '\\');
    const std::uint64_t hits =
        (((quote - kOnes) & ~quote) | ((slash - kOnes) & ~slash) | ((word - kOnes * 0x20) & ~word)) & kHighs;
    if (hits != 0) break;
    at += 8;
  }
  while (at < length && text[at] != '"' && text[at] != '\\' && static_cast<unsigned char>(text[at]) >= 0x20)
    ++at;
  return at;
}

}  // namespace

std::size_t scan_number(std::string_view text) {
  std::size_t at = !text.empty() && text[0] == '-' ? 1 : 0;
  const std::size_t integer_end = digits_from(text, at);
  if (integer_end == at || (text[at] == '0' && integer_end != at + 1)) return 0;
  at = integer_end;
  if (at < text.size() && text[at] == '.') {
    const std::size_t end = digits_from(text, at + 1);
    if (end == at + 1) return 0;
    at = end;
  }
  if (at < text.size() && (text[at] == 'e' || text[at] == 'E')) {
    ++at;
    if (at < text.size() && (text[at] == '+' || text[at] == '-')) ++at;
    const std::size_t end = digits_from(text, at);
    if (end == at) return 0;
    at = end;
  }
  return at;
}

ScannedString scan_string(char* text, std::size_t length, std::size_t at) {
  ScannedString result;
  std::size_t in = at + 1;
  std::size_t out = at + 1;
  for (;;) {
    const std::size_t special = find_special(text, length, in);
    if (out != in) std::memmove(text + out, text + in, special - in);
    out += special - in;
    in = special;
    if (in >= length || static_cast<unsigned char>(text[in]) < 0x20) break;
    if (text[in] == '"') {
      result.end = in + 1;
      result.size = out - (at + 1);
      return result;
    }
    const Escape escape = scan_escape(text, length, in + 1);
    if (escape.end == 0) break;
    result.lone_surrogate = result.lone_surrogate || escape.lone_surrogate;
    out += put_utf8(text + out, escape.code_point);
    in = escape.end;
  }
  result.end = 0;
  result.stopped = in;
  return result;
}

}  // namespace callgate::json
