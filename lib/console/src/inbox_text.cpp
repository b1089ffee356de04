// SPDX-License-Identifier: Apache-2.0
#include "inbox_text.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>

#include "terminal_text.hpp"

namespace callgate::console {
namespace {

std::string text_of(const json::Value& object, std::string_view name, std::string_view otherwise = "-") {
  const auto value = object.find(name);
  return shown(value ? value->as_string().value_or(otherwise) : otherwise);
}

std::int64_t integer_of(const json::Value& object, std::string_view name) {
  const auto value = object.find(name);
  return value ? value->as_integer().value_or(0) : 0;
}

std::vector<json::Value> events_of(const json::Value& root) {
  const auto events = root.find("events");
  return events ? events->elements() : std::vector<json::Value>{};
}

// "12 s", "4 min", "11 h", "3 d".
std::string age_text(double seconds) {
  struct Unit {
    double seconds;
    const char* name;
  };
  constexpr std::array kUnits{Unit{86'400, "d"}, Unit{3'600, "h"}, Unit{60, "min"}};
  for (const Unit& unit : kUnits) {
    if (seconds >= 2 * unit.seconds)
      return fmt::format("{:.0f} {}", std::floor(seconds / unit.seconds), unit.name);
  }
  return fmt::format("{:.0f} s", std::floor(seconds));
}

std::string size_text(double bytes) {
  constexpr double kStep = 1024;
  constexpr std::array kUnits{"B", "KiB", "MiB", "GiB", "TiB"};
  std::size_t unit = 0;
  while (bytes >= kStep && unit + 1 < kUnits.size()) {
    bytes /= kStep;
    ++unit;
  }
  return unit == 0 ? fmt::format("{:.0f} B", bytes) : fmt::format("{:.1f} {}", bytes, kUnits[unit]);
}

// A member of an event as one line of text: strings as they are, everything else as JSON.
std::string value_text(const json::Value& value, std::string_view document) {
  if (const auto text = value.as_string()) return shown(*text);
  return shown(document.substr(value.begin_offset(), value.end_offset() - value.begin_offset()));
}

std::string headers_text(const json::Value& event) {
  std::string out;
  const auto headers = event.find("headers");
  if (!headers) return out;
  for (const json::Value& header : headers->elements())
    out += fmt::format("  {}: {}\n", text_of(header, "name"), text_of(header, "value", ""));
  return out;
}

std::string lent_text(const json::Value& event) {
  const auto body = event.find("body");
  return fmt::format("\n{}  {}  number {}, call {}, received {}, tried {} times\n  {} {}\n{}  {}\n",
                     text_of(event, "key"), text_of(event, "type"), integer_of(event, "number"),
                     text_of(event, "call"), text_of(event, "received_at"), integer_of(event, "attempts"),
                     text_of(event, "method"), text_of(event, "target"), headers_text(event),
                     body ? text_of(event, "body", "") : "base64: " + text_of(event, "body_base64", ""));
}

}  // namespace

std::string inbox_list_text(const json::Value& root) {
  const auto events = events_of(root);
  if (events.empty()) return "no events\n";
  std::vector<std::vector<std::string>> rows{
      {"NUMBER", "STATE", "RECEIVED", "TRIES", "KEY", "TYPE", "CALL", "NOTE"}};
  for (const json::Value& event : events) {
    const std::string state = event.find("lent_until") ? "lent" : text_of(event, "state");
    rows.push_back({std::to_string(integer_of(event, "number")), state, text_of(event, "received_at"),
                    std::to_string(integer_of(event, "attempts")), text_of(event, "key"),
                    cell(text_of(event, "type")), cell(text_of(event, "call")),
                    cell(text_of(event, "note"))});
  }
  std::string out = columns(rows);
  const auto next = root.find("next");
  if (const auto after = next ? next->as_integer() : std::nullopt)
    out += fmt::format("there may be more: --after {}\n", *after);
  return out;
}

std::string inbox_event_text(const json::Value& root, std::string_view document) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& [name, value] : root.members()) {
    const bool is_nested = name == "claims" && value.is_object();
    if (!is_nested) {
      rows.push_back({shown(name), value_text(value, document)});
      continue;
    }
    for (const auto& claim : value.members())
      rows.push_back({cell("claim " + shown(claim.name)), value_text(claim.value, document)});
  }
  return columns(rows);
}

std::string inbox_stats_text(const json::Value& root) {
  const auto age = root.find("oldest_age_seconds");
  const auto seconds = age ? age->as_number() : std::nullopt;
  const auto bytes = root.find("bytes");
  const auto pushed = root.find("pushed");
  std::string out = fmt::format("queued     {}", integer_of(root, "queued"));
  if (seconds)
    out += fmt::format(", of {} calls, the oldest {} old", integer_of(root, "lanes"), age_text(*seconds));
  out += fmt::format("\n  lent     {}\ndelivered  {}\ntaken      {}\ndead       {}\nsize       {}\n",
                     integer_of(root, "lent"), integer_of(root, "delivered"), integer_of(root, "taken"),
                     integer_of(root, "dead"), size_text(bytes ? bytes->as_number().value_or(0) : 0));
  if (pushed && pushed->as_bool().value_or(false))
    out += "pushed     yes: the gateway hands the events over itself, nobody can take them\n";
  if (root.find("trouble")) out += "TROUBLE    " + text_of(root, "trouble") + "\n";
  return out;
}

std::string inbox_lease_text(const json::Value& root) {
  const auto events = events_of(root);
  if (events.empty()) return "nothing to take\n";
  const std::string lease = text_of(root, "lease");
  std::string out =
      fmt::format("lease        {}\nuntil        {}\nevents       {}\nacknowledge  callgate inbox ack {}\n",
                  lease, text_of(root, "until"), events.size(), lease);
  for (const json::Value& event : events) out += lent_text(event);
  return out;
}

}  // namespace callgate::console
