// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <algorithm>
#include <array>
#include <callgate/json/writer.hpp>
#include <charconv>
#include <cmath>

namespace callgate::json {
namespace {

constexpr std::string_view kHex = "0123456789abcdef";
constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

void append_escaped_byte(std::string& out, char c) {
  const auto byte = static_cast<unsigned char>(c);
  switch (c) {
    case '"':
      out += "\\\"";
      return;
    case '\\':
      out += "\\\\";
      return;
    case '\n':
      out += "\\n";
      return;
    case '\r':
      out += "\\r";
      return;
    case '\t':
      out += "\\t";
      return;
    default:
      break;
  }
  if (byte >= 0x20 && byte != 0x7F) {
    out += c;
    return;
  }
  out += "\\u00";
  out += kHex[byte >> 4];
  out += kHex[byte & 0xF];
}

// Bytes of the UTF-8 character at the front, 0 if there is none.
std::size_t utf8_size(std::string_view text) {
  if (!text.empty() && static_cast<unsigned char>(text.front()) < 0x80) return 1;
  for (std::size_t size = 2; size <= 4 && size <= text.size(); ++size) {
    if (simdjson::validate_utf8(text.data(), size)) return size;
  }
  return 0;
}

// Of one character, as far as Unicode's Basic Multilingual Plane goes; else 0.
unsigned code_point(std::string_view character) {
  const auto byte = [&](std::size_t i) {
    return static_cast<unsigned>(static_cast<unsigned char>(character[i]));
  };
  if (character.size() == 2) return (byte(0) & 0x1FU) << 6U | (byte(1) & 0x3FU);
  if (character.size() == 3) return (byte(0) & 0xFU) << 12U | (byte(1) & 0x3FU) << 6U | (byte(2) & 0x3FU);
  return 0;
}

// What a terminal or viewer obeys instead of showing it: C1 controls, line separators, and the marks that
// turn the direction of writing.
bool is_obeyed(unsigned code) {
  return (code >= 0x80 && code < 0xA0) || code == 0x61C || (code >= 0x200B && code <= 0x200F) ||
         (code >= 0x2028 && code <= 0x202E) || (code >= 0x2066 && code <= 0x2069) || code == 0xFEFF;
}

void append_character(std::string& out, std::string_view character) {
  if (character.size() == 1) return append_escaped_byte(out, character.front());
  const unsigned code = code_point(character);
  if (!is_obeyed(code)) {
    out += character;
    return;
  }
  out += "\\u";
  for (const unsigned shift : {12U, 8U, 4U, 0U}) out += kHex[(code >> shift) & 0xFU];
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  while (!value.empty()) {
    const std::size_t size = utf8_size(value);
    if (size == 0)
      out += kReplacement;
    else
      append_character(out, value.substr(0, size));
    value.remove_prefix(std::max<std::size_t>(size, 1));
  }
  out += '"';
}

}  // namespace

void Writer::separate() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ':') text_ += ',';
}

Writer& Writer::begin_object() {
  separate();
  text_ += '{';
  return *this;
}

Writer& Writer::end_object() {
  text_ += '}';
  return *this;
}

Writer& Writer::begin_array() {
  separate();
  text_ += '[';
  return *this;
}

Writer& Writer::end_array() {
  text_ += ']';
  return *this;
}

Writer& Writer::name(std::string_view name) {
  separate();
  append_quoted(text_, name);
  text_ += ':';
  return *this;
}

Writer& Writer::string(std::string_view value) {
  separate();
  append_quoted(text_, value);
  return *this;
}

Writer& Writer::integer(std::int64_t value) {
  separate();
  text_ += std::to_string(value);
  return *this;
}

Writer& Writer::number(double value) {
  if (!std::isfinite(value)) return null();
  separate();
  std::array<char, 32> digits{};
  const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
  text_.append(digits.data(), result.ptr);
  return *this;
}

Writer& Writer::boolean(bool value) {
  return raw(value ? "true" : "false");
}

Writer& Writer::null() {
  return raw("null");
}

Writer& Writer::raw(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

std::string quote(std::string_view value) {
  std::string out;
  append_quoted(out, value);
  return out;
}

}  // namespace callgate::json
