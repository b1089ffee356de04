// SPDX-License-Identifier: Apache-2.0
#pragma once
// The token characters of RFC 9110 section 5.6.2.

#include <algorithm>
#include <string_view>

namespace callgate::net {

inline bool is_token_character(char c) {
  const bool alphanumeric = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  return alphanumeric || (c != '\0' && std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos);
}

inline bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_token_character);
}

}  // namespace callgate::net
