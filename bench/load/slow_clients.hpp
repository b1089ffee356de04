// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connections that are slow on purpose, and when the server has had enough of each. One thread, one loop.

#include <string>

#include "options.hpp"

namespace callgate::load {

// Runs for options.seconds; the counts as JSON. Nothing in it if the tokens cannot be read.
std::string run_slow_clients(const SlowOptions& options);

}  // namespace callgate::load
