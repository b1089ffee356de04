// SPDX-License-Identifier: Apache-2.0
#include "terminal_text.hpp"

#include <gtest/gtest.h>

namespace callgate::console {
namespace {

TEST(TerminalText, NothingForeignMovesOrPaintsIt) {
  struct Row {
    std::string text, seen;
  };
  const Row rows[] = {
      {"", ""},
      {R"({"a":"b\c"})", R"({"a":"b\c"})"},
      {R"(\)", R"(\)"},
      {R"(\")", R"(\")"},
      {"a\nb\rc\td", "a\\nb\\rc\\td"},
      {std::string("\x1b[31m\0\x7f", 7), "\\u001b[31m\\u0000\\u007f"},
      {"\xc3\xa9\xe2\x82\xac", "\xc3\xa9\xe2\x82\xac"},
      {std::string("\xe2\x80") + "\xae", "\\u202e"},
      {"\xff", "\xef\xbf\xbd"},
  };
  for (const Row& row : rows) EXPECT_EQ(shown(row.text), row.seen);
}

TEST(TerminalText, ACellIsNoWiderThanEighty) {
  const std::string most(80, 'x');
  EXPECT_EQ(cell(""), "");
  EXPECT_EQ(cell(most), most);
  EXPECT_EQ(cell(most + "y"), std::string(77, 'x') + "...");
  EXPECT_EQ(cell(std::string(5000, 'x')), std::string(77, 'x') + "...");
  std::string accents;
  for (int i = 0; i < 80; ++i) accents += "\xc3\xa9";
  EXPECT_EQ(cell(accents), accents);
  EXPECT_EQ(cell(accents + "\xc3\xa9"), accents.substr(0, 154) + "...") << "no character is cut in two";
}

TEST(TerminalText, ColumnsAreAsWideAsTheirWidestCell) {
  EXPECT_EQ(columns({}), "");
  EXPECT_EQ(columns({{"a", "b"}, {"longer", "c", "d"}, {"\xc3\xa9", "x"}}),
            "a       b\nlonger  c  d\n\xc3\xa9       x\n");
}

}  // namespace
}  // namespace callgate::console
