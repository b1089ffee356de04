// SPDX-License-Identifier: Apache-2.0
// Every block of C++ or CMake in docs/library.md is a piece of an example that is compiled. The line above a
// block names it, "<!-- FILE [piece] -->"; in FILE the piece stands between comments "[piece]" and
// "[/piece]".

#include <gtest/gtest.h>

#include <optional>
#include <regex>
#include <sstream>

#include "source_text.hpp"

namespace callgate::layering {
namespace {

using Lines = std::vector<std::string>;

Lines lines_of(const std::string& text) {
  std::istringstream in(text);
  Lines lines;
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

std::string without_margin(const Lines& lines) {
  std::size_t margin = std::string::npos;
  for (const std::string& line : lines) margin = std::min(margin, line.find_first_not_of(' '));
  std::string text;
  for (const std::string& line : lines) text += (line.empty() ? line : line.substr(margin)) + "\n";
  return text;
}

bool is_mark(const std::string& line, const std::string& name) {
  const std::size_t start = line.find_first_not_of(' ');
  return start != std::string::npos &&
         (line.substr(start) == "// [" + name + "]" || line.substr(start) == "# [" + name + "]");
}

// The piece between its two marks, without them.
std::optional<std::string> find_piece(const std::string& text, const std::string& name) {
  Lines piece;
  bool inside = false;
  for (const std::string& line : lines_of(text)) {
    if (inside && is_mark(line, "/" + name)) return without_margin(piece);
    if (inside) piece.push_back(line);
    if (is_mark(line, name)) inside = true;
  }
  return std::nullopt;
}

struct Quotation {
  std::size_t line;
  std::string source;  // the line above: which file and piece
  std::string text;
};

std::vector<Quotation> quotations_of(const std::string& document) {
  const Lines lines = lines_of(document);
  std::vector<Quotation> found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (lines[i] != "```cpp" && lines[i] != "```cmake") continue;
    Quotation quotation{i + 1, i == 0 ? "" : lines[i - 1], ""};
    while (++i < lines.size() && lines[i] != "```") quotation.text += lines[i] + "\n";
    found.push_back(quotation);
  }
  return found;
}

TEST(Snippets, PiecesAreFoundWithoutMargin) {
  EXPECT_EQ(find_piece("a\n  // [x]\n  b\n\n    c\n  // [/x]\nd\n", "x"), "b\n\n  c\n");
  EXPECT_EQ(find_piece("# [x]\nb\n# [/x]\n", "x"), "b\n");
  EXPECT_EQ(find_piece("// [x]\nb\n", "x"), std::nullopt) << "its end is missing";
  EXPECT_EQ(find_piece("// [y]\nb\n// [/y]\n", "x"), std::nullopt);
}

TEST(Snippets, EveryBlockOfTheLibraryGuideIsCompiled) {
  static const std::regex source(R"(<!-- (examples/[a-zA-Z_/.-]+) \[([a-z_]+)\] -->)");
  const auto quotations = quotations_of(read_text(source_root() / "docs/library.md"));
  EXPECT_GE(quotations.size(), 8U) << "the test sees nothing";
  for (const Quotation& quotation : quotations) {
    std::smatch match;
    ASSERT_TRUE(std::regex_match(quotation.source, match, source))
        << "docs/library.md:" << quotation.line << ": the line above names no piece of an example";
    const auto piece = find_piece(read_text(source_root() / match[1].str()), match[2]);
    ASSERT_TRUE(piece) << match[1] << " has no piece [" << match[2] << "]";
    EXPECT_EQ(quotation.text, *piece) << "docs/library.md:" << quotation.line;
  }
}

}  // namespace
}  // namespace callgate::layering
