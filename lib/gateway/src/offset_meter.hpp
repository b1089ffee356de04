// SPDX-License-Identifier: Apache-2.0
#pragma once
// Estimates how far an issuer's clock is ahead of ours from when its tokens say they were made. A token is
// seen a little after it was made, a repeat much later: so the latest "made less seen" of a while is the
// closest. Any thread, without a lock.

#include <atomic>
#include <chrono>
#include <cstdint>
#include <limits>
#include <optional>

namespace callgate::gateway {

class OffsetMeter {
 public:
  // `made_less_seen` of a token whose signature held.
  void observe(std::chrono::milliseconds made_less_seen) {
    count_.fetch_add(1, std::memory_order_relaxed);
    std::int64_t most = most_.load(std::memory_order_relaxed);
    const std::int64_t seen = made_less_seen.count();
    while (seen > most && !most_.compare_exchange_weak(most, seen, std::memory_order_relaxed)) {
    }
  }

  // The estimate, and a new start; nothing as long as fewer than five tokens were seen, which goes on.
  std::optional<std::chrono::milliseconds> take() {
    if (count_.load(std::memory_order_relaxed) < kEnough) return std::nullopt;
    count_.store(0, std::memory_order_relaxed);
    return std::chrono::milliseconds{most_.exchange(kNone, std::memory_order_relaxed)};
  }

 private:
  static constexpr std::uint32_t kEnough = 5;
  static constexpr std::int64_t kNone = std::numeric_limits<std::int64_t>::min();
  std::atomic<std::uint32_t> count_{0};
  std::atomic<std::int64_t> most_{kNone};
};

}  // namespace callgate::gateway
