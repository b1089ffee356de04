// SPDX-License-Identifier: Apache-2.0
#pragma once
// One function for each verb; arguments are those behind the verb, the result is the exit code.

#include <callgate/gate/explain.hpp>
#include <string>
#include <vector>

namespace callgate::console {

int verify(const std::vector<std::string>& arguments);
int version(const std::vector<std::string>& arguments);

// The report as a table for a terminal, or as one JSON object.
std::string report_text(const gate::Report& report);
std::string report_json(const gate::Report& report);

}  // namespace callgate::console
