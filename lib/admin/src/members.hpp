// SPDX-License-Identifier: Apache-2.0
#pragma once
// Members that several documents of the admin port write. Pure.

#include <callgate/json/writer.hpp>
#include <string>
#include <vector>

namespace callgate::admin {

inline void names_member(json::Writer& out, std::string_view name, const std::vector<std::string>& names) {
  out.name(name).begin_array();
  for (const std::string& one : names) out.string(one);
  out.end_array();
}

// Empty is null.
inline void text_member(json::Writer& out, std::string_view name, const std::string& text) {
  out.name(name);
  if (text.empty()) {
    out.null();
  } else {
    out.string(text);
  }
}

}  // namespace callgate::admin
