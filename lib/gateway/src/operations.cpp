// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"

namespace callgate::gateway {
namespace {

admin::RouteStatus status_of(const config::RouteSettings& route, const config::ServeSettings& settings) {
  admin::RouteStatus status;
  status.path = route.path;
  for (const std::size_t place : route.providers)
    status.providers.push_back(settings.providers[place].provider.name);
  status.query_secret = route.query_secret.has_value();
  status.deliver = route.deliver == config::Deliver::forward ? "forward"
                   : route.deliver == config::Deliver::inbox ? "inbox"
                                                             : "none";
  if (route.upstream) status.upstream = route.upstream->origin();
  status.authorize = route.authorize;
  status.shadow = route.shadow;
  return status;
}

}  // namespace

std::vector<admin::HealthCheck> Operations::health() {
  std::vector<admin::HealthCheck> checks = registry_.health();
  if (inbox_ != nullptr) checks.push_back(inbox_->health());
  if (draining_) checks.push_back({"drain", false, "stopping: no new connections are taken"});
  return checks;
}

admin::Metrics Operations::metrics() {
  admin::Metrics metrics;
  const auto requests = std::make_unique<Counters::Requests>();
  for (const auto& lane : lanes_) lane->counters().add_to(*requests, metrics);
  metrics.requests = rows_of(*requests, slots_.providers.names());
  metrics.passed_in_shadow = passed_in_shadow();
  metrics.log_lines_left_out = log_.left_out();
  metrics.key_sources = registry_.counts();
  if (uses_ != nullptr) metrics.use_records = uses_->records();
  if (inbox_ != nullptr) metrics.inbox = inbox_->counts();
  metrics.connections = net::open_connections(*connections_);
  return metrics;
}

std::vector<admin::ShadowCount> Operations::passed_in_shadow() const {
  const auto shadow = std::make_unique<Counters::Shadow>();
  for (const auto& lane : lanes_) lane->counters().add_to(*shadow);
  return rows_of(*shadow, slots_.routes.names());
}

admin::Status Operations::status() {
  const auto settings = registry_.settings();
  admin::Status status;
  status.started_at = started_at_;
  status.uptime_seconds = std::chrono::duration<double>(base::system_clock().mono() - started_).count();
  status.workers = static_cast<unsigned>(lanes_.size());
  status.listen = listen_;
  status.config_file = settings->config_file;
  status.tls = settings->server.tls.has_value();
  status.draining = draining_;
  const auto passed = passed_in_shadow();
  for (const config::RouteSettings& route : settings->routes) {
    status.routes.push_back(status_of(route, *settings));
    for (const admin::ShadowCount& row : passed) {
      if (row.route == route.path)
        status.routes.back().would_have_refused.emplace_back(row.reason, row.count);
    }
  }
  return status;
}

}  // namespace callgate::gateway
