// SPDX-License-Identifier: Apache-2.0
#pragma once
// The documents of /api/v1/keys. Pure.

#include <callgate/admin/commands.hpp>
#include <string>
#include <vector>

namespace callgate::admin {

std::string keys_json(const std::vector<KeySourceView>& sources);
std::string refresh_json(const std::vector<RefreshOutcome>& outcomes);

}  // namespace callgate::admin
