// SPDX-License-Identifier: Apache-2.0
#pragma once
// What came from elsewhere, as it may stand in a terminal. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace callgate::console {

// Without what could paint, move or hide: that as \n, \u001b and the like.
std::string shown(std::string_view text);

// The text cut to what a column of a table may be wide, 80 characters; then it ends in "...".
std::string cell(std::string text);

// Rows as columns, each as wide as its widest cell, two spaces between them; nothing behind the last cell.
std::string columns(const std::vector<std::vector<std::string>>& rows);

}  // namespace callgate::console
