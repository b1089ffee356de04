// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which known word a wrong one was meant to be. Pure.

#include <span>
#include <string>
#include <string_view>

namespace callgate::config {

// Insertions, deletions, replacements and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

// " (did you mean 'x'?)" if a known word is near, else nothing.
std::string did_you_mean(std::string_view word, std::span<const std::string_view> known);

}  // namespace callgate::config
