// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <callgate/digest/base64.hpp>
#include <cstdint>

namespace callgate::digest {
namespace {

constexpr std::string_view kUrlAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::uint32_t kBad = 0x80000000U;

// kBad marks what is outside the alphabet: one OR over all characters tells whether any was.
constexpr auto kValues = [] {
  std::array<std::uint32_t, 256> table{};
  table.fill(kBad);
  for (std::uint32_t i = 0; i < 64; ++i) table[static_cast<unsigned char>(kUrlAlphabet[i])] = i;
  return table;
}();

std::uint32_t value_of(char c) {
  return kValues[static_cast<unsigned char>(c)];
}

std::string encode(std::string_view bytes, std::string_view alphabet) {
  std::string out;
  out.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : bytes) {
    bits = (bits << 8) | static_cast<unsigned char>(c);
    held += 8;
    while (held >= 6) {
      held -= 6;
      out += alphabet[(bits >> held) & 63];
    }
  }
  if (held > 0) out += alphabet[(bits << (6 - held)) & 63];
  return out;
}

// How many characters of padding end the text; nothing if no length has that many.
std::optional<std::size_t> padding_of(std::string_view text) {
  if (text.size() % 4 != 0) return std::nullopt;
  const std::size_t last = text.find_last_not_of('=');
  const std::size_t padding = text.size() - (last == std::string_view::npos ? 0 : last + 1);
  if (padding > 2) return std::nullopt;
  return padding;
}

}  // namespace

std::string encode_base64url(std::string_view bytes) {
  return encode(bytes, kUrlAlphabet);
}

std::string encode_base64(std::string_view bytes) {
  std::string out = encode(bytes, kAlphabet);
  out.resize((out.size() + 3) / 4 * 4, '=');
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  const auto padding = padding_of(text);
  if (!padding || text.find_first_of("-_") != std::string_view::npos) return std::nullopt;
  std::string other(text.substr(0, text.size() - *padding));
  for (char& c : other) {
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return decode_base64url(other);
}

std::optional<std::string> decode_base64url(std::string_view text) {
  const std::size_t whole = text.size() / 4;
  const std::size_t rest = text.size() % 4;
  if (rest == 1) return std::nullopt;
  std::string out(whole * 3 + (rest == 0 ? 0 : rest - 1), '\0');
  const auto byte = [](std::uint32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
  std::uint32_t seen = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < whole; ++i) {
    const char* in = text.data() + i * 4;
    const std::uint32_t a = value_of(in[0]), b = value_of(in[1]), c = value_of(in[2]), d = value_of(in[3]);
    seen |= a | b | c | d;
    const std::uint32_t bits = (a << 18) | (b << 12) | (c << 6) | d;
    out[at++] = byte(bits >> 16);
    out[at++] = byte(bits >> 8);
    out[at++] = byte(bits);
  }
  if (rest != 0) {
    const char* in = text.data() + whole * 4;
    const std::uint32_t a = value_of(in[0]), b = value_of(in[1]), c = rest == 3 ? value_of(in[2]) : 0;
    seen |= a | b | c;
    const std::uint32_t bits = (a << 18) | (b << 12) | (c << 6);
    out[at++] = byte(bits >> 16);
    if (rest == 3) out[at++] = byte(bits >> 8);
    const std::uint32_t trailing = rest == 3 ? (bits & 0xFF) : (bits & 0xFFFF);
    if (trailing != 0) return std::nullopt;
  }
  if ((seen & kBad) != 0) return std::nullopt;
  return out;
}

}  // namespace callgate::digest
