// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs the gateway until it is told to stop. Called once, from the main thread.

#include <callgate/config/settings.hpp>

namespace callgate::gateway {

// Listens, prints the ready line on standard output, serves; logs go to standard error. SIGTERM and SIGINT
// drain, a second one ends at once; SIGHUP reads a pinned key set again. Returns the exit code: 0 after a
// drain, 2 if an address or file cannot be used.
int serve(const config::ServeSettings& settings);

}  // namespace callgate::gateway
