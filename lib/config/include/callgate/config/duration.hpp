// SPDX-License-Identifier: Apache-2.0
#pragma once
// Durations as people write them: a whole number and ms, s, m, h or d ("30s", "12h"). Pure.

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::config {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

// The largest unit that divides it: 300 s is "5m".
std::string format_duration(std::chrono::milliseconds span);

}  // namespace callgate::config
