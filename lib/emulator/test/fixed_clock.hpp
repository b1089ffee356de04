// SPDX-License-Identifier: Apache-2.0
#pragma once
// A clock that stands still at 2026-09-30T08:15:42.1234560Z.

#include <callgate/base/clock.hpp>
#include <callgate/base/time_text.hpp>

namespace callgate::emulator {

class FixedClock : public base::Clock {
 public:
  base::WallTime wall() const override { return *base::parse_rfc3339("2026-09-30T08:15:42.123456Z"); }
  base::MonoTime mono() const override { return {}; }
};

inline constexpr std::int64_t kFixedSeconds = 1'790'756'142;  // the same as seconds since 1970

}  // namespace callgate::emulator
