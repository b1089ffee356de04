// SPDX-License-Identifier: Apache-2.0
#include "function_lengths.hpp"

#include <cctype>

#include "source_text.hpp"

namespace callgate::layering {
namespace {

// Walks over bare code. Outside functions it gathers the head: the text since the last ';', or since the end
// of the last block. A block whose head has a '(' is a function, or a brace in a constructor's initialiser
// list; which of them shows when it closes, by what stands behind it.
class Walker {
 public:
  explicit Walker(std::string_view code) : code_(code) {}

  std::vector<Function> run() {
    for (at_ = 0; at_ < code_.size(); ++at_) {
      const char c = code_[at_];
      if (c == '\n') ++line_;
      if (depth_in_function_ > 0) {
        inside_function(c);
      } else {
        outside_function(c);
      }
    }
    return std::move(found_);
  }

 private:
  void inside_function(char c) {
    if (c == '{') ++depth_in_function_;
    if (c != '}' || --depth_in_function_ > 0) return;
    if (next_is_one_of(",{")) {
      head_ += "{}";  // it was y_{0} in an initialiser list: the head goes on
      return;
    }
    found_.push_back({head_, head_line_, line_});
    head_.clear();
  }

  void outside_function(char c) {
    if (c == '{' && head_.find('(') != std::string::npos) {
      depth_in_function_ = 1;
    } else if (c == ';' || c == '{' || c == '}') {
      head_.clear();
    } else if (!head_.empty() || std::isspace(static_cast<unsigned char>(c)) == 0) {
      if (head_.empty()) head_line_ = line_;
      head_ += c;
    }
  }

  bool next_is_one_of(std::string_view wanted) const {
    const std::size_t next = code_.find_first_not_of(" \t\n", at_ + 1);
    return next != std::string_view::npos && wanted.find(code_[next]) != std::string_view::npos;
  }

  std::string_view code_;
  std::size_t at_ = 0;
  std::size_t line_ = 1;
  std::size_t head_line_ = 1;
  std::size_t depth_in_function_ = 0;
  std::string head_;
  std::vector<Function> found_;
};

}  // namespace

std::vector<Function> functions_of(std::string_view text) {
  const std::string code = without_comments_and_literals(text);
  return Walker(code).run();
}

}  // namespace callgate::layering
