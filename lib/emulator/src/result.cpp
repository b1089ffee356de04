// SPDX-License-Identifier: Apache-2.0
#include "result.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <cmath>

#include "fault.hpp"

namespace callgate::emulator {
namespace {

constexpr std::string_view kAdmit = "admit";
constexpr json::Limits kReportLimits{
    .bytes_max = std::size_t{64} << 20, .depth_max = 8, .values_max = 4'000'000};

bool is_success(int status) {
  return status >= 200 && status < 300;
}

std::string text_of(const json::Value& object, std::string_view name) {
  const auto value = object.find(name);
  return std::string(value ? value->as_string().value_or("") : "");
}

EventResult read_event(const json::Value& value) {
  EventResult event{text_of(value, "call_id"),  text_of(value, "event_id"),
                    text_of(value, "type"),     text_of(value, "fault"),
                    text_of(value, "expected"), 0,
                    text_of(value, "reason"),   0};
  if (const auto status = value.find("status"))
    event.status = static_cast<int>(status->as_integer().value_or(0));
  if (const auto spent = value.find("milliseconds")) event.milliseconds = spent->as_number().value_or(0);
  return event;
}

std::string verdict_text(const EventResult& event) {
  if (event.status == 0) return "- no answer";
  const char* verdict = is_success(event.status) ? "admit" : event.status >= 500 ? "retry later" : "refuse";
  return fmt::format("{} {}", event.status, verdict);
}

using Cells = std::array<std::string, 6>;

Cells cells_of(const EventResult& event) {
  const std::size_t dot = event.type.rfind('.');
  return {dot == std::string::npos ? event.type : event.type.substr(dot + 1),
          event.fault,
          event.expected,
          verdict_text(event),
          event.reason.empty() ? "-" : event.reason,
          fmt::format("{:.1f}", event.milliseconds)};
}

std::string line_of(const Cells& cells, const std::array<std::size_t, 6>& widths, bool marked) {
  std::string line;
  for (std::size_t i = 0; i + 1 < cells.size(); ++i) line += fmt::format("{:<{}}  ", cells[i], widths[i]);
  line += fmt::format("{:>{}}", cells.back(), widths.back());
  return line + (marked ? "  <- not as expected\n" : "\n");
}

}  // namespace

bool EventResult::as_expected() const {
  if (expected == kAdmit) return is_success(status);
  return reason.empty() ? status == kRefusedStatus : reason == expected;
}

std::size_t Report::as_expected() const {
  return static_cast<std::size_t>(std::count_if(
      events.begin(), events.end(), [](const EventResult& event) { return event.as_expected(); }));
}

std::string read_reason(const http::Response& answer) {
  const auto document = json::parse(answer.body);
  return document ? text_of(document->root(), "reason") : std::string();
}

std::string to_json(const Report& report) {
  json::Writer out;
  out.begin_object().name("events").begin_array();
  for (const EventResult& event : report.events) {
    out.begin_object().member("call_id", event.call_id).member("event_id", event.event_id);
    out.member("type", event.type).member("fault", event.fault).member("expected", event.expected);
    out.member("status", event.status).member("reason", event.reason);
    out.member("milliseconds", std::round(event.milliseconds * 1000) / 1000).end_object();
  }
  const auto as_expected = static_cast<std::int64_t>(report.as_expected());
  out.end_array().member("as_expected", as_expected);
  out.member("not_as_expected", static_cast<std::int64_t>(report.events.size()) - as_expected).end_object();
  return out.take();
}

base::Result<Report> parse_report(std::string_view text) {
  const auto document = json::parse(text, json::Strictness::i_json, kReportLimits);
  if (!document) return base::fail("the answer is no JSON: " + document.error().what);
  const auto events = document->root().find("events");
  if (!events || !events->is_array()) return base::fail("the answer has no list of events");
  Report report;
  for (const json::Value& value : events->elements()) report.events.push_back(read_event(value));
  return report;
}

std::string to_table(const Report& report) {
  std::vector<Cells> rows{{"callback", "fault", "expected", "verdict", "reason", "ms"}};
  for (const EventResult& event : report.events) rows.push_back(cells_of(event));
  std::array<std::size_t, 6> widths{};
  for (const Cells& cells : rows) {
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], cells[i].size());
  }
  std::string out;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    out += line_of(rows[i], widths, i > 0 && !report.events[i - 1].as_expected());
  }
  const std::size_t good = report.as_expected();
  return out + fmt::format("{} as expected, {} not\n", good, report.events.size() - good);
}

}  // namespace callgate::emulator
