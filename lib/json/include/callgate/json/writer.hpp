// SPDX-License-Identifier: Apache-2.0
#pragma once
// Builds one JSON text, compact, members in the order written. Every string is escaped so that the result is
// one line of printable text: control characters, line separators and marks that turn the direction of
// writing as \uxxxx, invalid UTF-8 as U+FFFD. Not thread-safe; owns its text. Misuse (a member outside an
// object) is a programming error and is not detected.

#include <cstdint>
#include <string>
#include <string_view>

namespace callgate::json {

class Writer {
 public:
  Writer& begin_object();
  Writer& end_object();
  Writer& begin_array();
  Writer& end_array();
  Writer& name(std::string_view name);

  Writer& string(std::string_view value);
  Writer& integer(std::int64_t value);
  Writer& number(double value);  // shortest form that reads back; non-finite becomes null
  Writer& boolean(bool value);
  Writer& null();
  Writer& raw(std::string_view json);  // a complete JSON value, trusted

  Writer& member(std::string_view key, std::string_view value) { return name(key).string(value); }
  Writer& member(std::string_view key, const char* value) { return name(key).string(value); }
  Writer& member(std::string_view key, std::int64_t value) { return name(key).integer(value); }
  Writer& member(std::string_view key, int value) { return name(key).integer(value); }
  Writer& member(std::string_view key, bool value) { return name(key).boolean(value); }
  Writer& member(std::string_view key, double value) { return name(key).number(value); }

  const std::string& text() const { return text_; }
  std::string take() { return std::move(text_); }

 private:
  void separate();
  std::string text_;
};

// The value as a JSON string with its quotes.
std::string quote(std::string_view value);

}  // namespace callgate::json
