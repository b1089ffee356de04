// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a service manager tells its services through the environment (sd_notify(3), sd_watchdog_enabled(3)).

#include <chrono>
#include <optional>
#include <string>

namespace callgate::config {

struct Supervision {
  std::string notify_socket;  // NOTIFY_SOCKET: a path, or an abstract name behind '@'; empty: nobody listens
  // WATCHDOG_USEC, if it is meant for this process: a sign of life is wanted at least this often.
  std::optional<std::chrono::microseconds> watchdog;
};

// Main thread, before others start.
Supervision read_supervision();

}  // namespace callgate::config
