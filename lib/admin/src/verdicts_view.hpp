// SPDX-License-Identifier: Apache-2.0
#pragma once
// The document of /api/v1/verdicts. Pure.

#include <callgate/admin/verdicts.hpp>

namespace callgate::admin {

std::string verdicts_json(const std::vector<Verdict>& verdicts);

}  // namespace callgate::admin
