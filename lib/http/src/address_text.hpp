// SPDX-License-Identifier: Apache-2.0
#pragma once
// Addresses between text and bytes (RFC 4291 section 2.2, RFC 5952), without the operating system. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::http {

// Four bytes from "192.0.2.1": four decimal numbers without leading zeros, nothing else.
std::optional<std::string> parse_v4(std::string_view text);
// Sixteen bytes; the last four may be written as IPv4; no zone.
std::optional<std::string> parse_v6(std::string_view text);

std::string v4_text(const std::uint8_t* bytes);
// Lower case, the longest run of zero groups as "::".
std::string v6_text(const std::uint8_t* bytes);

}  // namespace callgate::http
