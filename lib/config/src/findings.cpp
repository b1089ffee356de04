// SPDX-License-Identifier: Apache-2.0
#include "findings.hpp"

#include <algorithm>
#include <tuple>

namespace callgate::config {
namespace {

constexpr std::size_t kShownMax = 20;
constexpr std::size_t kQuotedMax = 100;

}  // namespace

void Findings::add(const Label& label, const std::string& what) {
  findings_.push_back({label, what});
  if (label.line == kWholeFile) findings_.back().label.text += ":1:1";
}

bool Findings::has_flag() const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [](const Finding& one) { return one.label.line == 0; });
}

bool Findings::has_place() const {
  return std::any_of(findings_.begin(), findings_.end(),
                     [](const Finding& one) { return one.label.line != 0; });
}

std::string Findings::text(const std::string& prefix) const {
  std::vector<Finding> ordered = findings_;
  std::stable_sort(ordered.begin(), ordered.end(), [](const Finding& a, const Finding& b) {
    return std::tuple(a.label.line == 0, a.label.line, a.label.column) <
           std::tuple(b.label.line == 0, b.label.line, b.label.column);
  });
  std::string text;
  for (std::size_t i = 0; i < std::min(ordered.size(), kShownMax); ++i) {
    const auto& [label, what] = ordered[i];
    text += (label.line == 0 ? prefix : "") + label.text + ": " + what + "\n";
  }
  if (ordered.size() > kShownMax) text += "and " + std::to_string(ordered.size() - kShownMax) + " more\n";
  return text;
}

std::string in_quotes(std::string_view text) {
  std::string out = "'";
  for (const char c : text.substr(0, kQuotedMax)) {
    const auto byte = static_cast<unsigned char>(c);
    out += byte < 0x20 || byte == 0x7f ? '?' : c;
  }
  return out + (text.size() > kQuotedMax ? "...'" : "'");
}

}  // namespace callgate::config
