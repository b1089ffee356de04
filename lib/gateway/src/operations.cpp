// SPDX-License-Identifier: Apache-2.0
#include "operations.hpp"

namespace callgate::gateway {

std::vector<admin::HealthCheck> Operations::health() {
  std::vector<admin::HealthCheck> checks = registry_.health();
  if (draining_) checks.push_back({"drain", false, "stopping: no new connections are taken"});
  return checks;
}

admin::Metrics Operations::metrics() {
  admin::Metrics metrics;
  const auto requests = std::make_unique<Counters::Requests>();
  for (const auto& lane : lanes_) lane->counters().add_to(*requests, metrics);
  metrics.requests = rows_of(*requests, slots_.names());
  metrics.key_sources = registry_.counts();
  metrics.connections = net::open_connections(*connections_);
  return metrics;
}

}  // namespace callgate::gateway
