// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can be made wrong with the discovery document and the key set. Pure, any thread.

#include <callgate/http/message.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::emulator {

enum class KeyFault : std::uint8_t {
  ok,
  down,     // 503
  slow,     // right, but after kSlowAnswer
  garbage,  // 200 application/json, bytes that are no JSON
  html,     // 200 text/html, as a captive portal answers
  empty,    // a key set without keys; the discovery document stays right
  huge,     // right, but kHugeBytes long
};

inline constexpr std::chrono::seconds kSlowAnswer{10};
inline constexpr std::size_t kHugeBytes = std::size_t{10} << 20;

std::string_view to_text(KeyFault fault);
std::optional<KeyFault> parse_key_fault(std::string_view text);
std::string known_key_faults();  // "ok, down, ..."

enum class Document : std::uint8_t { discovery, keys };

// The answer in place of the right document, a JSON object. Does not wait for `slow`.
http::Response spoil(KeyFault fault, Document document, std::string right);

}  // namespace callgate::emulator
