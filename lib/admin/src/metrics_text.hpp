// SPDX-License-Identifier: Apache-2.0
#pragma once
// The counters as Prometheus reads them, text format 0.0.4. Pure.

#include <callgate/admin/commands.hpp>
#include <string>

namespace callgate::admin {

std::string metrics_text(const Metrics& metrics);

}  // namespace callgate::admin
