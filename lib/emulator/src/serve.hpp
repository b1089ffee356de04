// SPDX-License-Identifier: Apache-2.0
#pragma once
// The verb `serve`: life and death of the emulator. Blocks the calling thread until SIGTERM or SIGINT.

#include <callgate/http/url.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::emulator {

inline constexpr std::string_view kDefaultAudience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";
inline constexpr int kKeyBitsMin = 1024;
inline constexpr int kKeyBitsMax = 8192;

struct ServeSettings {
  http::Endpoint listen{"127.0.0.1", 8085};
  std::string base_url;  // of the issuer; empty: http://HOST:PORT of `listen`
  std::string audience{kDefaultAudience};
  std::optional<std::chrono::milliseconds> rotate_every;  // nothing: only when asked
  int key_bits = 2048;                                    // kKeyBitsMin to kKeyBitsMax
  bool with_jti = true;
};

// The exit code: 0 after a signal, 2 if it could not start.
int serve(const ServeSettings& settings);

}  // namespace callgate::emulator
