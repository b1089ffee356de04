// SPDX-License-Identifier: Apache-2.0
#pragma once
// Header fields of one message, in the order received (RFC 9110 section 5). Names compare without case,
// values are bytes. A plain value: owns its text, no thread ties.

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::http {

struct Field {
  std::string name;
  std::string value;
};

// ASCII only, as HTTP names are.
bool equals_ignoring_case(std::string_view a, std::string_view b);
std::string to_lower(std::string_view text);
// Without spaces and tabs at both ends.
std::string_view trim(std::string_view text);

class Headers {
 public:
  Headers() = default;
  Headers(std::initializer_list<Field> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.push_back({std::move(name), std::move(value)}); }
  // Replaces every field of that name.
  void set(std::string name, std::string value);
  void remove(std::string_view name);

  std::size_t count(std::string_view name) const;
  // The first of that name.
  std::optional<std::string_view> find(std::string_view name) const;
  // The value if there is exactly one field of that name.
  std::optional<std::string_view> find_single(std::string_view name) const;
  // Elements of all fields of that name, split at commas, trimmed, empty ones left out (RFC 9110
  // section 5.6.1).
  std::vector<std::string_view> list(std::string_view name) const;

  const std::vector<Field>& fields() const { return fields_; }

 private:
  std::vector<Field> fields_;
};

}  // namespace callgate::http
