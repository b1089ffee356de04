// SPDX-License-Identifier: Apache-2.0
#include "status_view.hpp"

#include <algorithm>
#include <callgate/base/time_text.hpp>
#include <callgate/base/version.hpp>
#include "members.hpp"

namespace callgate::admin {
namespace {

void write_health(json::Writer& out, const std::vector<HealthCheck>& health) {
  out.member("ready", std::all_of(health.begin(), health.end(), [](const auto& check) { return check.ok; }));
  out.name("checks").begin_array();
  for (const HealthCheck& check : health) {
    out.begin_object()
        .member("name", std::string_view(check.name))
        .member("ok", check.ok)
        .member("detail", std::string_view(check.detail))
        .end_object();
  }
  out.end_array();
}

void write_route(json::Writer& out, const RouteStatus& route) {
  out.begin_object().member("path", std::string_view(route.path));
  names_member(out, "providers", route.providers);
  out.member("query_secret", route.query_secret).member("deliver", std::string_view(route.deliver));
  text_member(out, "upstream", route.upstream);
  text_member(out, "authorize", route.authorize);
  out.member("shadow", route.shadow).name("would_have_refused").begin_object();
  for (const auto& [reason, count] : route.would_have_refused)
    out.member(reason, static_cast<std::int64_t>(count));
  out.end_object().end_object();
}

void write_requests(json::Writer& out, const std::vector<RequestCount>& requests) {
  out.name("requests").begin_array();
  for (const RequestCount& row : requests) {
    out.begin_object()
        .member("provider", std::string_view(row.provider))
        .member("verdict", std::string_view(row.verdict))
        .member("reason", std::string_view(row.reason))
        .member("count", static_cast<std::int64_t>(row.count))
        .end_object();
  }
  out.end_array();
}

}  // namespace

std::string status_json(const Status& status, const std::vector<HealthCheck>& health,
                        const Metrics& metrics) {
  json::Writer out;
  out.begin_object()
      .member("version", CALLGATE_VERSION_STRING)
      .member("commit", CALLGATE_COMMIT)
      .member("started_at", std::string_view(base::format_rfc3339(status.started_at)))
      .member("uptime_seconds", status.uptime_seconds)
      .member("workers", static_cast<std::int64_t>(status.workers))
      .member("listen", std::string_view(status.listen));
  text_member(out, "config_file", status.config_file);
  out.member("tls", status.tls).member("draining", status.draining);
  write_health(out, health);
  out.member("connections", static_cast<std::int64_t>(metrics.connections))
      .member("log_lines_left_out", static_cast<std::int64_t>(metrics.log_lines_left_out));
  out.name("routes").begin_array();
  for (const RouteStatus& route : status.routes) write_route(out, route);
  out.end_array();
  write_requests(out, metrics.requests);
  out.end_object();
  return out.take();
}

}  // namespace callgate::admin
