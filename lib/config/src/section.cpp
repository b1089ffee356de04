// SPDX-License-Identifier: Apache-2.0
#include "section.hpp"

#include <algorithm>
#include <callgate/config/duration.hpp>
#include <callgate/config/size.hpp>
#include <charconv>

#include "nearest.hpp"

namespace callgate::config {
namespace {

std::optional<std::int64_t> parse_number(Kind kind, std::string_view text) {
  if (kind == Kind::duration) {
    const auto span = parse_duration(text);
    return span ? std::optional(static_cast<std::int64_t>(span->count())) : std::nullopt;
  }
  if (kind == Kind::size) {
    const auto bytes = parse_size(text);
    return bytes ? std::optional(static_cast<std::int64_t>(*bytes)) : std::nullopt;
  }
  std::int64_t number = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string form_of(Kind kind) {
  if (kind == Kind::duration) return "is not a duration; write for example 30s, 5m or 12h";
  if (kind == Kind::size) return "is not a size; write for example 64KiB, 1MiB or a number of bytes";
  return "is not a whole number";
}

std::string fault_of_number(const Key& key, const std::string& text) {
  const auto number = parse_number(key.kind, text);
  if (!number) return in_quotes(text) + " " + form_of(key.kind);
  if (*number >= key.least && *number <= key.most) return "";
  return text + " is out of range; write " + to_text(key.kind, key.least) + " to " +
         to_text(key.kind, key.most);
}

// "a", "b" or "c"
std::string listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (i > 0) text += i + 1 == words.size() ? " or " : ", ";
    text += "\"" + std::string(words[i]) + "\"";
  }
  return text;
}

std::string fault_of_choice(const Key& key, const std::string& text) {
  const auto known = words_of(key.choices);
  const auto later = words_of(key.later);
  if (std::find(known.begin(), known.end(), text) != known.end()) return "";
  if (std::find(later.begin(), later.end(), text) != later.end())
    return in_quotes(text) + " is not available in this version; write " + listed(known);
  return in_quotes(text) + " is not known; write " + listed(known) + did_you_mean(text, known);
}

bool has_control_character(std::string_view text) {
  return std::any_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f;
  });
}

// What is wrong with one value by itself; empty if nothing is.
std::string fault_of(const Key& key, const std::string& text) {
  if (has_control_character(text)) return "holds a control character; write it in one line of plain text";
  switch (key.kind) {
    case Kind::count:
    case Kind::size:
    case Kind::duration:
      return fault_of_number(key, text);
    case Kind::boolean:
      return "";
    case Kind::list:
      return text.empty() ? "an entry is empty; write a value or leave the entry out" : "";
    case Kind::text:
    case Kind::file:
      break;
  }
  if (text.empty()) return "is empty; write a value or leave it out";
  return key.choices.empty() ? "" : fault_of_choice(key, text);
}

}  // namespace

void Section::set(std::string_view name, Entry entry) {
  entries_.insert_or_assign(std::string(name), std::move(entry));
}

const Entry* Section::find(std::string_view name) const {
  const auto found = entries_.find(name);
  return found == entries_.end() || !found->second.sound ? nullptr : &found->second;
}

Label Section::label(std::string_view name) const {
  const auto found = entries_.find(name);
  if (found != entries_.end()) return found->second.label;
  return is_in_file() ? at_ : Label{name_for_reader(name)};
}

std::string Section::name_for_reader(std::string_view name) const {
  const Key* key = find_key(table_, name);
  return std::string(!is_in_file() && key != nullptr && !key->flag.empty() ? key->flag : name);
}

std::optional<std::string> Section::text(std::string_view name) const {
  if (const Entry* entry = find(name)) return entry->items.front().text;
  const Key* key = find_key(table_, name);
  if (key == nullptr || key->fallback.empty()) return std::nullopt;
  return std::string(key->fallback);
}

bool Section::is_on(std::string_view name) const {
  return text(name) == "true";
}

std::int64_t Section::number(std::string_view name) const {
  const Key* key = find_key(table_, name);
  const auto written = text(name);
  return key == nullptr || !written ? 0 : parse_number(key->kind, *written).value_or(0);
}

std::chrono::milliseconds Section::span(std::string_view name) const {
  return std::chrono::milliseconds{number(name)};
}

const std::vector<Item>& Section::items(std::string_view name) const {
  static const std::vector<Item> none;
  const Entry* entry = find(name);
  return entry == nullptr ? none : entry->items;
}

void check_values(Section& section, Findings& findings) {
  for (auto& [name, entry] : section.entries_) {
    const Key* key = find_key(section.table_, name);
    if (key == nullptr || !entry.sound) continue;
    for (const Item& item : entry.items) {
      const std::string fault = fault_of(*key, item.text);
      if (fault.empty()) continue;
      findings.add(item.label, fault);
      entry.sound = false;
    }
  }
}

}  // namespace callgate::config
