// SPDX-License-Identifier: Apache-2.0
#pragma once
// The project's own files as text: what is there, what each includes, and C++ without comments and literals.

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::layering {

// The root of the source tree that this test program was built from.
std::filesystem::path source_root();

// The whole file; a failed test if it cannot be read.
std::string read_text(const std::filesystem::path& file);

// C++ files below the given top folders of the root, sorted, relative to the root. Folders that are not there
// yet hold no files; fixture houses (tests/layering/house) are left out.
std::vector<std::filesystem::path> cpp_files(const std::vector<std::string>& top_folders);

// Every folder that may hold C++ files.
std::vector<std::string> all_folders();

struct Include {
  std::size_t line;
  std::string name;  // between the brackets or quotes
  bool quoted;
};
std::vector<Include> includes_of(std::string_view text);

// The text with comments, string and character literals and preprocessor lines turned into blanks. Line
// breaks and thereby line numbers stay.
std::string without_comments_and_literals(std::string_view text);

}  // namespace callgate::layering
