// SPDX-License-Identifier: Apache-2.0
#pragma once
// Two clocks. Wall time is what the world agrees on: claims are judged against it, and it can jump.
// Monotonic time only moves forward: caches, time-outs and rate limits live on it.
// Rooms below net never read a clock; they take the time as a parameter.

#include <chrono>

namespace callgate::base {

using WallTime = std::chrono::sys_time<std::chrono::microseconds>;
using MonoTime = std::chrono::steady_clock::time_point;

// Source of both times. Implementations are safe to call from any thread.
class Clock {
 public:
  Clock() = default;
  Clock(const Clock&) = delete;
  Clock& operator=(const Clock&) = delete;
  virtual ~Clock() = default;
  virtual WallTime wall() const = 0;
  virtual MonoTime mono() const = 0;
};

// The operating system's clocks; lives as long as the process.
const Clock& system_clock();

}  // namespace callgate::base
