// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is kept from toml++ 3.3 and what no configuration needs: deep nesting, because it bounds brackets but
// not the parts of a dotted key and frees both by recursion (a key of 100,000 parts ends the process), and
// text over several lines. Pure.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::config {

inline constexpr std::uint32_t kNestingMax = 16;  // open brackets, and parts of a key; the format needs 3

struct Unfit {
  std::uint32_t line;
  std::uint32_t column;
  std::string what;
};

// The first such place; nothing if there is none. Stops where a text in quotes is not closed on its line: the
// parser goes no further.
std::optional<Unfit> find_unfit(std::string_view toml);

}  // namespace callgate::config
