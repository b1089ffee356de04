// SPDX-License-Identifier: Apache-2.0
#include "source_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <fstream>
#include <regex>
#include <sstream>

namespace callgate::layering {
namespace {

namespace fs = std::filesystem;

// Turns what is no code into blanks, byte by byte.
class Blanker {
 public:
  explicit Blanker(std::string_view text) : text_(text), out_(text) {}

  std::string run() {
    while (at_ < text_.size()) step();
    return std::move(out_);
  }

 private:
  void step() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("//")) return blank_to(rest.find('\n'));
    if (rest.starts_with("/*")) return blank_to(behind(rest.find("*/", 2), 2));
    if (rest.starts_with("R\"") && !in_word()) return blank_raw_string(rest);
    if (rest.front() == '"') return blank_quoted('"');
    if (rest.front() == '\'' && !in_word()) return blank_quoted('\'');
    if (rest.front() == '#' && at_line_start()) return blank_directive();
    ++at_;
  }

  // Whether the byte before belongs to a name or a number (1'000 has no character literal).
  bool in_word() const {
    return at_ > 0 &&
           (std::isalnum(static_cast<unsigned char>(text_[at_ - 1])) != 0 || text_[at_ - 1] == '_');
  }

  bool at_line_start() const {
    const std::size_t line = at_ == 0 ? 0 : text_.rfind('\n', at_ - 1) + 1;
    return text_.substr(line, at_ - line).find_first_not_of(" \t") == std::string_view::npos;
  }

  static std::size_t behind(std::size_t found, std::size_t size) {
    return found == std::string_view::npos ? found : found + size;
  }

  void blank_raw_string(std::string_view rest) {
    const std::size_t open = rest.find('(');
    const std::string end = ")" + std::string(rest.substr(2, open - 2)) + "\"";
    blank_to(behind(rest.find(end, open), end.size()));
  }

  void blank_quoted(char quote) {
    std::size_t size = 1;
    const std::string_view rest = text_.substr(at_);
    while (size < rest.size() && rest[size] != quote) size += rest[size] == '\\' ? 2U : 1U;
    blank_to(size + 1);
  }

  void blank_directive() {
    std::size_t end = text_.find('\n', at_);
    while (end != std::string_view::npos && text_[end - 1] == '\\') end = text_.find('\n', end + 1);
    blank_to(end == std::string_view::npos ? end : end - at_);
  }

  void blank_to(std::size_t size) {
    const std::size_t end =
        std::min(text_.size(), size == std::string_view::npos ? text_.size() : at_ + size);
    for (; at_ < end; ++at_) {
      if (out_[at_] != '\n') out_[at_] = ' ';
    }
  }

  std::string_view text_;
  std::string out_;
  std::size_t at_ = 0;
};

bool is_cpp(const fs::path& file) {
  const fs::path extension = file.extension();
  return extension == ".cpp" || extension == ".hpp" || extension == ".h" || extension == ".cc";
}

}  // namespace

fs::path source_root() {
  return CALLGATE_SOURCE_DIR;
}

std::string read_text(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  EXPECT_TRUE(in) << "cannot read " << file;
  return out.str();
}

std::vector<fs::path> cpp_files(const std::vector<std::string>& top_folders) {
  std::vector<fs::path> files;
  for (const std::string& folder : top_folders) {
    if (!fs::exists(source_root() / folder)) continue;
    for (const auto& entry : fs::recursive_directory_iterator(source_root() / folder)) {
      const fs::path file = fs::relative(entry.path(), source_root());
      if (file.string().starts_with("tests/layering/house/")) continue;
      if (entry.is_regular_file() && is_cpp(file)) files.push_back(file);
    }
  }
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> all_folders() {
  return {"lib", "adapters", "app", "examples", "tests", "bench", "fuzz"};
}

std::vector<Include> includes_of(std::string_view text) {
  static const std::regex pattern(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
  std::vector<Include> found;
  std::istringstream lines{std::string(text)};
  std::string line;
  for (std::size_t number = 1; std::getline(lines, line); ++number) {
    std::smatch match;
    if (std::regex_search(line, match, pattern)) found.push_back({number, match[2], match[1] == "\""});
  }
  return found;
}

std::string without_comments_and_literals(std::string_view text) {
  return Blanker(text).run();
}

}  // namespace callgate::layering
