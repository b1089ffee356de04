// SPDX-License-Identifier: Apache-2.0
// Ratchets: functions and files stay small, and names say something.

#include <gtest/gtest.h>

#include <algorithm>
#include <regex>

#include "function_lengths.hpp"
#include "source_text.hpp"

namespace callgate::layering {
namespace {

constexpr std::size_t kFunctionLinesMax = 70;
constexpr std::size_t kFileLinesMax = 600;

std::string function_with_lines(std::size_t lines) {
  return "int f(int x) {\n" + std::string(lines - 2, '\n') + "}\n";
}

TEST(Sizes, CounterFindsAFunctionOneLineTooLong) {
  EXPECT_EQ(functions_of(function_with_lines(kFunctionLinesMax)).at(0).lines(), kFunctionLinesMax);
  EXPECT_EQ(functions_of(function_with_lines(kFunctionLinesMax + 1)).at(0).lines(), kFunctionLinesMax + 1);
}

TEST(Sizes, CounterIsNotFooledByLiteralsCommentsAndInitialisers) {
  const auto found = functions_of(R"text(
namespace a {
constexpr int kTable[] = {1, 2, 3};
struct S {
  S(int x) : x_{x}, y_{0} {
    use('{', "}}}{", 1'000'000);  // {{{
    /* { */ auto f = [](int) { return R"x({{)x"; };
  }
  bool operator==(const S&) const = default;
  int x_;
};
template <class T>
void g(T t)
{
  if (t) { g(t); }
}
}
)text");
  ASSERT_EQ(found.size(), 2U);
  EXPECT_EQ(found[0].first_line, 5U);
  EXPECT_EQ(found[0].last_line, 8U);
  EXPECT_EQ(found[1].first_line, 12U);
  EXPECT_EQ(found[1].last_line, 16U);
}

TEST(Sizes, NoFunctionIsPastItsLimit) {
  std::size_t functions = 0;
  for (const auto& file : cpp_files(all_folders())) {
    for (const Function& function : functions_of(read_text(source_root() / file))) {
      ++functions;
      EXPECT_LE(function.lines(), kFunctionLinesMax)
          << file.string() << ":" << function.first_line << ": " << function.head;
    }
  }
  EXPECT_GT(functions, 100U) << "the counter sees nothing";
}

TEST(Sizes, NoFileIsPastItsLimit) {
  for (const auto& file : cpp_files(all_folders())) {
    const std::string text = read_text(source_root() / file);
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), static_cast<std::ptrdiff_t>(kFileLinesMax)) << file;
  }
}

TEST(Sizes, FileNamesSayWhatIsInThem) {
  const std::regex vague("(^|[/_])(utils?|helpers?|common|misc|manager)([/_.]|$)");
  EXPECT_TRUE(std::regex_search("lib/json/src/string_utils.cpp", vague));
  EXPECT_FALSE(std::regex_search("lib/json/src/commonest.cpp", vague));
  for (const auto& file : cpp_files(all_folders())) {
    EXPECT_FALSE(std::regex_search(file.string(), vague)) << file << ": a missing noun; name what it is";
  }
}

// Inputs are made by hand or come from a finding that was mended. What libFuzzer finds by itself (40
// hexadecimal digits), and what grew out of the vectors of third parties, belongs into the build folder.
TEST(Sizes, FuzzInputsAreFewAndNamed) {
  constexpr std::size_t kInputsMax = 64;
  const std::regex named("[a-z0-9_]{1,39}");
  EXPECT_FALSE(std::regex_match("da39a3ee5e6b4b0d3255bfef95601890afd80709", named));
  for (const auto& target : std::filesystem::directory_iterator(source_root() / "fuzz/corpus")) {
    std::size_t inputs = 0;
    for (const auto& input : std::filesystem::directory_iterator(target)) {
      ++inputs;
      EXPECT_TRUE(std::regex_match(input.path().filename().string(), named)) << input.path();
    }
    EXPECT_LE(inputs, kInputsMax) << target.path();
  }
}

TEST(Sizes, EveryFileNamesItsLicence) {
  for (const auto& file : cpp_files(all_folders())) {
    EXPECT_TRUE(read_text(source_root() / file).starts_with("// SPDX-License-Identifier: Apache-2.0\n"))
        << file;
  }
}

}  // namespace
}  // namespace callgate::layering
