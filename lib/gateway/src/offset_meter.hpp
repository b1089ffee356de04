// SPDX-License-Identifier: Apache-2.0
#pragma once
// Estimates how far an issuer's clock is ahead of ours from when its tokens say they were made. A token is
// seen a little after it was made, so the latest "made less seen" of a while is the closest. Only tokens made
// later than all before count: a repeat, or an old token that somebody kept, says nothing about the clock.
// Any thread, without a lock.

#include <algorithm>
#include <atomic>
#include <callgate/base/clock.hpp>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace callgate::gateway {

class OffsetMeter {
 public:
  // Of a token whose signature held.
  void observe(base::WallTime made, base::WallTime seen) {
    if (!raise(newest_, made.time_since_epoch().count())) return;
    raise(most_, std::chrono::duration_cast<std::chrono::milliseconds>(made - seen).count());
    count_.fetch_add(1, std::memory_order_relaxed);
  }

  // The estimate, and a new start; nothing as long as fewer than five tokens were seen, which goes on.
  std::optional<std::chrono::milliseconds> take(base::WallTime now) {
    if (count_.load(std::memory_order_relaxed) < kEnough) return std::nullopt;
    count_.store(0, std::memory_order_relaxed);
    // A token from the far future must not hide all that come after it.
    newest_.store(std::min(newest_.load(std::memory_order_relaxed), now.time_since_epoch().count()),
                  std::memory_order_relaxed);
    return std::chrono::milliseconds{most_.exchange(kNone, std::memory_order_relaxed)};
  }

 private:
  static constexpr std::uint32_t kEnough = 5;
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();

  // False if it is as high already.
  static bool raise(std::atomic<std::int64_t>& mark, std::int64_t value) {
    std::int64_t highest = mark.load(std::memory_order_relaxed);
    while (value > highest) {
      if (mark.compare_exchange_weak(highest, value, std::memory_order_relaxed)) return true;
    }
    return false;
  }

  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::int64_t> most_{kNone};
  std::atomic<std::int64_t> newest_{kNone};  // when the newest token was made, microseconds
};

}  // namespace callgate::gateway
