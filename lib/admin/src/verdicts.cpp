// SPDX-License-Identifier: Apache-2.0
#include <callgate/admin/verdicts.hpp>
#include <callgate/base/time_text.hpp>
#include <callgate/json/writer.hpp>

#include "members.hpp"
#include "verdicts_view.hpp"

namespace callgate::admin {
namespace {

void write_verdict(json::Writer& out, const Verdict& verdict) {
  out.begin_object()
      .member("request_id", std::string_view(verdict.request_id))
      .member("received_at", std::string_view(base::format_rfc3339(verdict.received_at)));
  text_member(out, "provider", verdict.provider);
  text_member(out, "route", verdict.route);
  out.member("verdict", std::string_view(verdict.verdict));
  text_member(out, "reason", verdict.reason);
  out.member("status", verdict.status).member("shadow", verdict.shadow).member("repeat", verdict.repeat);
  text_member(out, "kid", verdict.kid);
  names_member(out, "event_types", verdict.event_types);
  text_member(out, "call_id", verdict.call_id);
  text_member(out, "trace_id", verdict.trace_id);
  text_member(out, "peer", verdict.peer);
  out.member("milliseconds", verdict.milliseconds).end_object();
}

}  // namespace

std::string verdict_json(const Verdict& verdict) {
  json::Writer out;
  write_verdict(out, verdict);
  return out.take();
}

std::string verdicts_json(const std::vector<Verdict>& verdicts) {
  json::Writer out;
  out.begin_object().name("verdicts").begin_array();
  for (const Verdict& verdict : verdicts) write_verdict(out, verdict);
  out.end_array().end_object();
  return out.take();
}

// The writer escapes every control character, so that no line of the event can be forged.
std::string verdict_event(const Verdict& verdict) {
  return "id: " + std::to_string(verdict.sequence) + "\ndata: " + verdict_json(verdict) + "\n\n";
}

std::string missed_event(std::uint64_t missed) {
  return "event: missed\ndata: {\"missed\":" + std::to_string(missed) + "}\n\n";
}

}  // namespace callgate::admin
