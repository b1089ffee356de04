// SPDX-License-Identifier: Apache-2.0
#include "terminal_text.hpp"

#include <algorithm>
#include <callgate/json/writer.hpp>

namespace callgate::console {
namespace {

constexpr std::size_t kCellMost = 80;
constexpr std::string_view kMore = "...";

bool begins_character(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
}

// Characters, where each is as wide as the next.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins_character));
}

}  // namespace

std::string shown(std::string_view text) {
  const std::string quoted = json::quote(text);
  std::string out;
  out.reserve(quoted.size());
  for (std::size_t i = 1; i + 1 < quoted.size(); ++i) {
    if (quoted[i] == '\\') {
      // These two need no escape here; behind every other backslash stands one more character at least.
      const bool plain = quoted[i + 1] == '"' || quoted[i + 1] == '\\';
      if (!plain) out += quoted[i];
      ++i;
    }
    out += quoted[i];
  }
  return out;
}

std::string cell(std::string text) {
  if (width_of(text) <= kCellMost) return text;
  std::size_t characters = 0, at = 0;
  while (characters < kCellMost - kMore.size() || !begins_character(text[at])) {
    if (begins_character(text[at])) ++characters;
    ++at;
  }
  return text.replace(at, std::string::npos, kMore);
}

std::string columns(const std::vector<std::vector<std::string>>& rows) {
  std::vector<std::size_t> widths;
  for (const auto& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string out;
  for (const auto& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) {
      out += row[i];
      if (i + 1 < row.size()) out.append(widths[i] - width_of(row[i]) + 2, ' ');
    }
    out += '\n';
  }
  return out;
}

}  // namespace callgate::console
