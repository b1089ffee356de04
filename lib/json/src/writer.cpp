// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

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
  for (std::size_t size = 1; size <= 4 && size <= text.size(); ++size) {
    if (simdjson::validate_utf8(text.data(), size)) return size;
  }
  return 0;
}

void append_repaired(std::string& out, std::string_view value) {
  while (!value.empty()) {
    const std::size_t size = utf8_size(value);
    if (size == 0) {
      out += kReplacement;
      value.remove_prefix(1);
      continue;
    }
    for (const char c : value.substr(0, size)) append_escaped_byte(out, c);
    value.remove_prefix(size);
  }
}

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  if (simdjson::validate_utf8(value.data(), value.size())) {
    for (const char c : value) append_escaped_byte(out, c);
  } else {
    append_repaired(out, value);
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
