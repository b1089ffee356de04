// SPDX-License-Identifier: Apache-2.0
#include "toml_guard.hpp"

#include <gtest/gtest.h>

#include <string>

namespace callgate::config {
namespace {

std::string repeat(const std::string& part, std::size_t times) {
  std::string text;
  for (std::size_t i = 0; i < times; ++i) text += part;
  return text;
}

std::uint32_t line_of(const std::string& text) {  // 0: nothing unfit
  const auto found = find_unfit(text);
  return found ? found->line : 0;
}

TEST(TomlGuard, FindsWhatIsTooDeep) {
  const std::string deep = repeat("a.", 100'000) + "a=1\n";
  EXPECT_EQ(line_of(deep), 1U);
  EXPECT_EQ(line_of("x=1\n[" + repeat("a.", 17) + "a]\n"), 2U);
  EXPECT_EQ(line_of("\n\nx=" + repeat("[", 17)), 3U);
  EXPECT_EQ(line_of("x=" + repeat("{a=", 17)), 1U);
  EXPECT_EQ(line_of(repeat("'a'.", 17) + "a=1"), 1U);
  // Where a text ends, the scan goes on.
  for (const char* before :
       {"x = \"\"\n", "x = ''\n", "x = \"\\\"\"\n", "x = '\\'\n", "x = \"\\\\\"\n", "# \"\n"})
    EXPECT_EQ(line_of(before + deep), 2U) << before;
}

TEST(TomlGuard, FindsTextOverSeveralLines) {
  const auto found = find_unfit("\nx = \"\"\"\\\n \"\"\"\n");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->line, 2U);
  EXPECT_EQ(found->column, 5U);
  EXPECT_EQ(line_of("x = '''a'''\n"), 1U);
}

TEST(TomlGuard, LetsTheRestBe) {
  for (const std::string& text :
       {std::string(), repeat("a.", 15) + "a=1\n", "x=" + repeat("[", 16) + repeat("]", 16),
        "# " + repeat(".[\xc3\xa4", 100) + "\nx = \"" + repeat(".[{\xc3\xa4", 100) + "\"\n",
        repeat("x = [1.5, 2.5, 1.0]\n", 100), "x = \"not closed\n" + repeat("[", 100),
        std::string("x = \"not closed\\\n\xef\xb7\x8c"), std::string("\xef\xb7\x8c = ''\n")}) {
    EXPECT_FALSE(find_unfit(text)) << text;
  }
}

}  // namespace
}  // namespace callgate::config
