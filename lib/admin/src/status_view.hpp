// SPDX-License-Identifier: Apache-2.0
#pragma once
// The document of /api/v1/status. Pure.

#include <callgate/admin/commands.hpp>

namespace callgate::admin {

std::string status_json(const Status& status, const std::vector<HealthCheck>& health, const Metrics& metrics);

}  // namespace callgate::admin
