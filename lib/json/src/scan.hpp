// SPDX-License-Identifier: Apache-2.0
#pragma once
// The reader's leaves: total functions over bytes, no state between calls.

#include <cstddef>
#include <string_view>

namespace callgate::json {

// Length of the JSON number at the front of `text`, 0 if there is none (RFC 8259 section 6).
std::size_t scan_number(std::string_view text);

// Result of decoding the string whose opening quote stands at text[at].
struct ScannedString {
  std::size_t end = 0;  // index behind the closing quote; 0: malformed, `stopped` says where
  std::size_t stopped = 0;
  std::size_t size = 0;  // decoded bytes, written from `at + 1` on
  bool lone_surrogate = false;
};

// Decodes in place: the decoded form is never longer than the escaped one. A lone surrogate becomes U+FFFD.
ScannedString scan_string(char* text, std::size_t length, std::size_t at);

}  // namespace callgate::json
