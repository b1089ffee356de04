// SPDX-License-Identifier: Apache-2.0
// Any text as JSON, in both modes, with every accessor on every value.

#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <cmath>
#include <string>
#include <vector>

#include "fuzz.hpp"

using namespace callgate;

namespace {

void visit_scalar(const json::Value& value) {
  const auto kind = value.kind();
  fuzz::require(value.as_string().has_value() == (kind == json::Kind::string), "strings have a text");
  fuzz::require(value.as_bool().has_value() == (kind == json::Kind::boolean), "booleans have a value");
  const auto number = value.as_number();
  const auto integer = value.as_integer();
  fuzz::require(!(number || integer) || kind == json::Kind::number, "only numbers are numbers");
  fuzz::require(!number || std::isfinite(*number), "numbers are finite");
  fuzz::require(!integer || number, "an integer is also a number");
  if (const auto text = value.as_string()) {
    fuzz::require(json::is_utf8(*text), "decoded strings are UTF-8");
    const auto again = json::parse(json::quote(*text));
    fuzz::require(again && again->root().as_string() == text, "a quoted string reads back");
  }
}

// All values, without recursion.
void visit(const json::Document& document, std::string_view text) {
  std::vector<json::Value> open{document.root()};
  while (!open.empty()) {
    const json::Value value = open.back();
    open.pop_back();
    fuzz::require(value.begin_offset() < value.end_offset() && value.end_offset() <= text.size(),
                  "a value stands inside the text");
    visit_scalar(value);
    (void)value.find("alg");
    (void)value.find_fault("data");
    const auto elements = value.elements();
    const auto members = value.members();
    fuzz::require(elements.size() + members.size() == value.size(), "size() counts what is there");
    for (const auto& element : elements) open.push_back(element);
    for (const auto& member : members) {
      const auto found = value.find(member.name);
      fuzz::require(found && found->begin_offset() <= member.value.begin_offset(), "members are found");
      open.push_back(member.value);
    }
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const auto loose = json::parse(text, json::Strictness::grammar);
  const auto strict = json::parse(text, json::Strictness::i_json);
  fuzz::require(loose || !strict, "what is I-JSON is JSON");
  fuzz::require(!loose || json::is_utf8(text), "JSON is UTF-8");
  if (!loose) fuzz::require(loose.error().offset <= size, "a fault stands inside the text");
  if (loose) visit(*loose, text);
  if (strict) {
    visit(*strict, text);
    fuzz::require(!strict->root().find_fault(""), "I-JSON has no fault");
  }
  const json::Limits narrow{.bytes_max = 64, .depth_max = 3, .values_max = 8};
  const auto bounded = json::parse(text, json::Strictness::grammar, narrow);
  fuzz::require(!bounded || (loose && size <= 64), "limits only take away");
  const auto quoted = json::parse(json::quote(text));
  fuzz::require(quoted && quoted->root().is_string(), "any bytes can be quoted");
  return 0;
}
