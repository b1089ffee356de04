// SPDX-License-Identifier: Apache-2.0
#pragma once
// Health for load balancers and service managers: /livez says that the process runs, /readyz whether
// callbacks would be judged now (?verbose: check by check). A plain value.

#include <string>

namespace callgate::admin {

struct HealthCheck {
  std::string name;  // "keys"
  bool ok = false;
  std::string detail;  // for people: "2 keys, fetched", "no keys yet: connection refused"
};

}  // namespace callgate::admin
