// SPDX-License-Identifier: Apache-2.0
#pragma once
// When a hand-over is tried again, and when it is given up. Pure, any thread; chance is a parameter.
//
//   any 2xx               delivered
//   410                   dead at once
//   other 4xx             dead after three tries; except 408, 425 and 429, which are tried again
//   all else              tried again: 3xx (no redirect is followed), 5xx, no connection, time-out, no answer
//
// After the nth failed try the pause is drawn from [2^(n-1), 2^n) s, at last from [5, 10) min. What
// Retry-After asks for is a lower bound, up to an hour. Given up is what failed 24 h after its first try or
// later, and twelve times at least: a clock that was set ahead, or a gateway that was off, ends nothing
// early.

#include <callgate/base/clock.hpp>
#include <callgate/delivery/event.hpp>
#include <callgate/delivery/sink.hpp>
#include <callgate/delivery/store.hpp>
#include <chrono>
#include <cstdint>
#include <string>

namespace callgate::delivery {

inline constexpr std::chrono::seconds kPauseFirst{1};
inline constexpr std::chrono::minutes kPauseLast{10};
inline constexpr std::chrono::hours kRetryAfterMost{1};  // less than kDueFarthest
inline constexpr std::chrono::hours kGiveUpAfter{24};
inline constexpr int kRefusedTriesMax = 3;  // of 4xx
inline constexpr int kFailedTriesMin = 12;  // before time alone gives up

// After the `failed`th try that failed, from 1 on. `chance`: in [0, 1).
std::chrono::milliseconds pause_after(int failed, double chance);

// "200", "503", "unreachable", "timeout", "broken", "busy".
std::string note_of(const Pushed& pushed);

// What to tell the store about a try that began at `begun` and ended at `now`; never for `busy`.
Report report_of(const Stored& stored, const Pushed& pushed, base::WallTime begun, base::WallTime now,
                 double chance);

// What a try says of the application as a whole.
enum class Health : std::uint8_t {
  well,     // it answered: 2xx, 3xx, 4xx
  ill,      // no connection, time-out, no answer, 5xx, 408, 425, 429
  unknown,  // busy: nothing was tried
};
Health health_of(const Pushed& pushed);

}  // namespace callgate::delivery
