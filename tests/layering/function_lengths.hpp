// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds functions by counting braces: good enough for code that clang-format has laid out.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::layering {

struct Function {
  std::string head;  // the text before its opening brace, for a message
  std::size_t first_line;
  std::size_t last_line;
  std::size_t lines() const { return last_line - first_line + 1; }
};

// Functions of a C++ text, from the first line of the head to the closing brace. Functions inside functions
// (lambdas) count for the outer one.
std::vector<Function> functions_of(std::string_view text);

}  // namespace callgate::layering
