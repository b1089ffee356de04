// SPDX-License-Identifier: Apache-2.0
#pragma once
// Runs the gateway until it is told to stop. Called once, from the main thread.

#include <callgate/config/settings.hpp>
#include <functional>
#include <tl/expected.hpp>

namespace callgate::gateway {

// Reads the configuration again, from where it came from.
using ReadAgain = std::function<tl::expected<config::ServeSettings, config::Stop>()>;

// Listens, prints the ready line on standard output, serves; logs go to standard error. SIGTERM and SIGINT
// drain, a second one ends at once. SIGHUP reads configuration, pinned keys and certificates again, all or
// nothing; changed certificate and pinned key files are taken up within seconds without it. A service manager
// is told through NOTIFY_SOCKET (sd_notify(3)). Returns the exit code: 0 after a drain, 2 if an address or
// file cannot be used.
int serve(const config::ServeSettings& settings, const ReadAgain& read_again);

}  // namespace callgate::gateway
