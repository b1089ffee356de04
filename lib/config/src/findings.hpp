// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is wrong with a configuration: all of it, in the order of the file, so that one run shows every
// mistake.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::config {

// Where a value was written: a place in the file, or a flag (line 0).
struct Label {
  std::string text;  // "callgate.toml:3:10: listen" or "--listen"
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

inline constexpr std::uint32_t kWholeFile = 0xffffffff;  // a line: what the file as a whole lacks; comes last

class Findings {
 public:
  void add(const Label& label, const std::string& what);
  bool empty() const { return findings_.empty(); }
  // One finding a line, those of the file first and in its order, at most 20. `prefix` stands before those
  // that have no place in the file.
  std::string text(const std::string& prefix) const;
  bool has_flag() const;
  bool has_place() const;  // in the file

 private:
  struct Finding {
    Label label;
    std::string what;
  };
  std::vector<Finding> findings_;
};

// 'text' as it may stand in a message: short, without control characters.
std::string in_quotes(std::string_view text);

}  // namespace callgate::config
