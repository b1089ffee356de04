// SPDX-License-Identifier: Apache-2.0
#pragma once
// Health for load balancers and service managers: /livez says that the process runs, /readyz whether
// callbacks would be judged now (?verbose: check by check). No token, no Host check, no side effect. Pure,
// any thread.

#include <callgate/http/message.hpp>
#include <string>
#include <vector>

namespace callgate::admin {

struct HealthCheck {
  std::string name;  // "keys"
  bool ok = false;
  std::string detail;  // for people: "2 keys, fetched", "no keys yet: connection refused"
};

// The answer to any request on the admin port.
http::Response answer(const http::RequestHead& head, const std::vector<HealthCheck>& checks);

}  // namespace callgate::admin
