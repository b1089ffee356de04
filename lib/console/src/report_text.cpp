// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <callgate/json/writer.hpp>

#include "verbs.hpp"

namespace callgate::console {
namespace {

using Result = gate::Check::Result;

std::string_view result_text(Result result) {
  switch (result) {
    case Result::pass:
      return "pass";
    case Result::fail:
      return "FAIL";
    case Result::not_checked:
      return "-";
  }
  return "";
}

std::string margin_text(const gate::Check& check) {
  if (!check.margin_seconds) return "";
  return fmt::format("{:+.0f} s", *check.margin_seconds);
}

// Before the first failure.
std::ptrdiff_t passed_checks(const gate::Report& report) {
  const auto failed = std::find_if(report.checks.begin(), report.checks.end(),
                                   [](const gate::Check& check) { return check.result == Result::fail; });
  return std::count_if(report.checks.begin(), failed,
                       [](const gate::Check& check) { return check.result == Result::pass; });
}

}  // namespace

std::size_t find_telling(const std::vector<gate::Report>& reports) {
  std::size_t best = 0;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (reports[i].decision == gate::Decision::admit) return i;
    if (passed_checks(reports[i]) > passed_checks(reports[best])) best = i;
  }
  return best;
}

std::string report_text(const gate::Report& report, std::string_view provider) {
  std::string out = provider.empty() ? "" : fmt::format("provider {}\n\n", provider);
  for (const gate::Check& check : report.checks) {
    out += fmt::format("{:<16} {:<5} {:>9}  expected {}\n", check.name, result_text(check.result),
                       margin_text(check), check.expected);
    if (!check.found.empty()) out += fmt::format("{:<34}found    {}\n", "", check.found);
  }
  if (!report.claims_are_verified)
    out += "\nThe claims above are the token's own word: its signature was not proven.\n";
  out += fmt::format("\nverdict       {}\n", gate::to_text(report.decision));
  if (report.reason) {
    out += fmt::format("reason        {}\nlikely cause  {}\nwhat to do    {}\n",
                       refusal::to_text(*report.reason), report.likely_cause, report.what_to_do);
  }
  return out;
}

std::string report_json(const gate::Report& report, std::string_view provider) {
  json::Writer out;
  out.begin_object();
  if (!provider.empty()) out.member("provider", provider);
  out.member("verdict", gate::to_text(report.decision)).name("reason");
  if (report.reason)
    out.string(refusal::to_text(*report.reason));
  else
    out.null();
  out.member("claims_verified", report.claims_are_verified)
      .member("likely_cause", std::string_view(report.likely_cause))
      .member("what_to_do", std::string_view(report.what_to_do))
      .name("checks")
      .begin_array();
  for (const gate::Check& check : report.checks) {
    out.begin_object().member("name", std::string_view(check.name));
    out.member("result", check.result == Result::pass   ? "pass"
                         : check.result == Result::fail ? "fail"
                                                        : "not_checked")
        .name("reason");
    if (check.reason)
      out.string(refusal::to_text(*check.reason));
    else
      out.null();
    out.member("expected", std::string_view(check.expected))
        .member("found", std::string_view(check.found))
        .name("margin_seconds");
    if (check.margin_seconds)
      out.number(*check.margin_seconds);
    else
      out.null();
    out.end_object();
  }
  out.end_array().end_object();
  return out.take();
}

}  // namespace callgate::console
