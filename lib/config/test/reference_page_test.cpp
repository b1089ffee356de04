// SPDX-License-Identifier: Apache-2.0
// docs/configuration.md holds every key with its type, default, range, flag and variable, and none that is
// not there.

#include <gtest/gtest.h>
#include <callgate/config/file.hpp>

#include <sstream>

#include "schema.hpp"

namespace callgate::config {
namespace {

const char* type_of(Kind kind) {
  switch (kind) {
    case Kind::text:
      return "text";
    case Kind::file:
      return "file";
    case Kind::boolean:
      return "boolean";
    case Kind::count:
      return "integer";
    case Kind::size:
      return "size";
    case Kind::duration:
      return "duration";
    case Kind::list:
      return "list of text";
  }
  return "";
}

std::string in_code(std::string_view text) {
  return "`" + std::string(text) + "`";
}

std::string range_of(const Key& key) {
  if (key.most > 0) return to_text(key.kind, key.least) + " to " + to_text(key.kind, key.most);
  std::string text;
  for (const std::string_view word : words_of(key.choices))
    text += (text.empty() ? "" : ", ") + in_code(word);
  return text.empty() ? "-" : text;
}

std::string variable_of(std::string_view flag) {
  std::string name = "CALLGATE_";
  for (const char c : flag.substr(2)) name += c == '-' ? '_' : static_cast<char>(std::toupper(c));
  return name;
}

std::string row_of(const Key& key) {
  const std::string fallback = key.fallback.empty() ? std::string(key.default_note) : in_code(key.fallback);
  return "| " + in_code(key.name) + " | " + type_of(key.kind) + " | " + (fallback.empty() ? "-" : fallback) +
         " | " + range_of(key) + " | " +
         (key.flag.empty() ? "-" : in_code(key.flag) + " " + in_code(variable_of(key.flag))) + " | " +
         std::string(key.meaning) + " |";
}

std::string header_of(std::string_view table) {
  const bool repeated = find_table(table)->repeated;
  return in_code((repeated ? "[[" : "[") + std::string(table) + (repeated ? "]]" : "]"));
}

// What the page must hold, in its order: headings of tables and rows of keys.
std::vector<std::string> expected_lines() {
  std::vector<std::string> lines;
  std::string_view table;
  for (const Key& key : all_keys()) {
    if (key.table != table) lines.push_back("## " + header_of(key.table));
    table = key.table;
    lines.push_back(row_of(key));
  }
  return lines;
}

TEST(ReferencePage, HoldsEveryKeyAndNoOther) {
  const auto page = load_file(CALLGATE_DOCS_DIR "/configuration.md", 1 << 20);
  ASSERT_TRUE(page) << page.error().message;
  std::istringstream text(*page);
  std::vector<std::string> found;
  for (std::string line; std::getline(text, line);) {
    if (line.starts_with("## `[") || line.starts_with("| `")) found.push_back(line);
  }
  const std::vector<std::string> expected = expected_lines();
  for (std::size_t i = 0; i < std::max(found.size(), expected.size()); ++i) {
    ASSERT_EQ(i < found.size() ? found[i] : "(the page ends)",
              i < expected.size() ? expected[i] : "(no more)")
        << "the page follows the table in lib/config/src/schema.cpp";
  }
}

TEST(ReferencePage, SchemaIsSound) {
  for (const Key& key : all_keys()) {
    EXPECT_NE(find_table(key.table), nullptr) << key.table;
    EXPECT_EQ(find_key(key.table, key.name), &key) << key.name << " stands there twice";
    EXPECT_FALSE(key.meaning.empty()) << key.name;
    EXPECT_TRUE(key.flag.empty() || key.flag.starts_with("--")) << key.flag;
    const bool number = key.kind == Kind::count || key.kind == Kind::size || key.kind == Kind::duration;
    EXPECT_EQ(number, key.most > 0) << key.name << " has a range if it is a number";
  }
}

}  // namespace
}  // namespace callgate::config
