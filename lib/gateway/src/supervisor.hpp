// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tells systemd how the service is, by the protocol of sd_notify(3): datagrams on the socket that it named.
// Without one nothing happens. Main thread.

#include <callgate/config/supervision.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::gateway {

class Supervisor {
 public:
  explicit Supervisor(const config::Supervision& supervision);

  void ready() const;
  void reloading() const;  // to be followed by ready()
  void stopping() const;
  void alive() const;  // feeds the watchdog
  // How often alive() is wanted: half of the watchdog's time. Nothing if there is no watchdog.
  std::optional<std::chrono::microseconds> watchdog_pause() const { return watchdog_pause_; }

 private:
  void tell(std::string_view state) const;

  std::string socket_;  // path; an abstract one begins with a zero byte
  std::optional<std::chrono::microseconds> watchdog_pause_;
};

}  // namespace callgate::gateway
