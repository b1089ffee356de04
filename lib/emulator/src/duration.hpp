// SPDX-License-Identifier: Apache-2.0
#pragma once
// "500ms", "60s", "5m", "12h": a whole number and its unit. Pure, any thread.

#include <chrono>
#include <optional>
#include <string_view>

namespace callgate::emulator {

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text);

}  // namespace callgate::emulator
