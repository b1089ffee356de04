// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a running gateway counts, as the admin port tells it.

#include "rig.hpp"

namespace callgate::e2e {

inline std::string metrics_of(const Gateway& gateway) {
  return request(gateway.admin(), "GET /metrics HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n\r\n").body;
}

// Waits until a line of the metrics reads so; false if it never does.
inline bool comes_to(const Gateway& gateway, const std::string& line,
                     std::chrono::seconds patience = std::chrono::seconds{30}) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (metrics_of(gateway).find(line + "\n") != std::string::npos) return true;
    std::this_thread::yield();
  }
  return false;
}

}  // namespace callgate::e2e
