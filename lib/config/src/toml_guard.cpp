// SPDX-License-Identifier: Apache-2.0
#include "toml_guard.hpp"

namespace callgate::config {
namespace {

class Scan {
 public:
  explicit Scan(std::string_view text) : text_(text) {}

  std::optional<Unfit> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '#') {
        skip_comment();
      } else if (c == '"' || c == '\'') {
        if (text_.substr(at_).starts_with(std::string(3, c)))
          return unfit(
              "text over several lines is not used here; write it in one line and one pair of quotes");
        if (!skip_quotes(c)) return std::nullopt;
      } else {
        take(c);
        if (open_ > kNestingMax || parts_ > kNestingMax)
          return unfit("more than " + std::to_string(kNestingMax) + " levels; write no more than three");
        ++at_;
      }
    }
    return std::nullopt;
  }

 private:
  Unfit unfit(std::string what) const {
    return {line_, static_cast<std::uint32_t>(at_ - line_start_) + 1, std::move(what)};
  }

  void take(char c) {
    if (c == '.') {
      ++parts_;
      return;
    }
    if (c == '[' || c == '{') ++open_;
    if ((c == ']' || c == '}') && open_ > 0) --open_;
    if (c == '\n') {
      ++line_;
      line_start_ = at_ + 1;
    }
    if (std::string_view("[]{}\n=,").find(c) != std::string_view::npos) parts_ = 1;
  }

  void skip_comment() {
    while (at_ < text_.size() && text_[at_] != '\n') ++at_;
  }

  // Past the closing quote; false if there is none on this line.
  bool skip_quotes(char quote) {
    for (++at_; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == quote) {
        ++at_;
        return true;
      }
      if (text_[at_] == '\\' && quote == '"' && text_.substr(at_ + 1, 1) != "\n") ++at_;
    }
    return false;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_start_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t open_ = 0;
  std::uint32_t parts_ = 1;
};

}  // namespace

std::optional<Unfit> find_unfit(std::string_view toml) {
  return Scan(toml).run();
}

}  // namespace callgate::config
