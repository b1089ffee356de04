// SPDX-License-Identifier: Apache-2.0
#pragma once
// Sizes as people write them: a whole number of bytes, alone or with B, KiB, MiB or GiB ("64KiB"). Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::config {

// Bytes; nothing for everything else and past 1 TiB.
std::optional<std::uint64_t> parse_size(std::string_view text);

// The largest unit that divides it: 65536 is "64KiB".
std::string format_size(std::uint64_t bytes);

}  // namespace callgate::config
