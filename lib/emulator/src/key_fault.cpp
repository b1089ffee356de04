// SPDX-License-Identifier: Apache-2.0
#include "key_fault.hpp"

#include <algorithm>
#include <array>

#include "problem.hpp"

namespace callgate::emulator {
namespace {

constexpr std::array<std::string_view, 7> kTexts{"ok", "down", "slow", "garbage", "html", "empty", "huge"};

constexpr std::string_view kGarbage = "\x1F\x8B\x08\xFF{\"keys\":[[[\xC3(";
constexpr std::string_view kPage =
    "<!doctype html><title>Sign in</title><p>Please sign in to use this network.</p>\n";
constexpr std::string_view kPaddingName = ",\"padding\":\"";

// The document stays right: only its length is wrong.
std::string padded(std::string object) {
  object.pop_back();
  object += kPaddingName;
  const std::size_t ends = 2;
  if (object.size() + ends < kHugeBytes) object.append(kHugeBytes - object.size() - ends, 'x');
  return object + "\"}";
}

}  // namespace

std::string_view to_text(KeyFault fault) {
  return kTexts.at(static_cast<std::size_t>(fault));
}

std::optional<KeyFault> parse_key_fault(std::string_view text) {
  const auto* found = std::find(kTexts.begin(), kTexts.end(), text);
  if (found == kTexts.end()) return std::nullopt;
  return static_cast<KeyFault>(found - kTexts.begin());
}

std::string known_key_faults() {
  std::string out;
  for (const std::string_view text : kTexts) {
    if (!out.empty()) out += ", ";
    out += text;
  }
  return out;
}

http::Response spoil(KeyFault fault, Document document, std::string right) {
  switch (fault) {
    case KeyFault::ok:
    case KeyFault::slow:
      break;
    case KeyFault::down:
      return problem(503, "the keys are down, as POST /emulator/keys-fault asked for");
    case KeyFault::garbage:
      return json_answer(std::string(kGarbage));
    case KeyFault::html:
      return {200, {{"Content-Type", "text/html"}}, std::string(kPage)};
    case KeyFault::empty:
      if (document == Document::keys) return json_answer(R"({"keys":[]})");
      break;
    case KeyFault::huge:
      return json_answer(padded(std::move(right)));
  }
  return json_answer(std::move(right));
}

}  // namespace callgate::emulator
