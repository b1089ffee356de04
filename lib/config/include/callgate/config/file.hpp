// SPDX-License-Identifier: Apache-2.0
#pragma once
// Small files that settings name: key sets, tokens, bodies.

#include <callgate/base/error.hpp>
#include <cstddef>
#include <string>

namespace callgate::config {

// The whole file; an error that names the path if it cannot be read or is larger than bytes_max. "-" is
// standard input.
base::Result<std::string> load_file(const std::string& path, std::size_t bytes_max);

}  // namespace callgate::config
