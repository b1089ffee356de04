// SPDX-License-Identifier: Apache-2.0
// Any text as base64url: one text for one value, both ways.

#include <algorithm>
#include <callgate/digest/base64.hpp>
#include <string>

#include "fuzz.hpp"

using namespace callgate;

namespace {

bool is_base64url(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  if (const auto bytes = digest::decode_base64url(text)) {
    fuzz::require(digest::encode_base64url(*bytes) == text, "what decodes encodes to the same text");
    fuzz::require(is_base64url(text), "only the alphabet decodes");
  }
  const std::string encoded = digest::encode_base64url(text);
  fuzz::require(digest::decode_base64url(encoded) == text, "what was encoded decodes");
  fuzz::require(digest::encode_base64(text).size() == (size + 2) / 3 * 4, "base64 is padded");
  return 0;
}
