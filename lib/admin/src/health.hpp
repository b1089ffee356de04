// SPDX-License-Identifier: Apache-2.0
#pragma once
// The answers of /livez and /readyz. Pure.

#include <callgate/admin/health.hpp>
#include <callgate/http/message.hpp>
#include <vector>

namespace callgate::admin {

http::Response liveness();
// 200 if every check is well, else 503.
http::Response readiness(const std::vector<HealthCheck>& checks, bool verbose);

}  // namespace callgate::admin
