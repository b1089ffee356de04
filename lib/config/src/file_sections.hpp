// SPDX-License-Identifier: Apache-2.0
#pragma once
// The configuration file as sections (CONTRACT section 3): TOML, unknown names, wrong types. Pure; what the
// values mean is judged in settle.hpp.

#include <string>
#include <string_view>

#include "section.hpp"

namespace callgate::config {

// `file` is its name in messages, `folder` is put before relative paths. After a syntax error the sections
// are empty; what is wrong is added to `findings`.
Sections parse_sections(std::string_view text, const std::string& file, const std::string& folder,
                        Findings& findings);

}  // namespace callgate::config
