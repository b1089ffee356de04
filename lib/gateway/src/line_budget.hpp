// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many lines the log may have in a second: a flood of requests must fill neither disk nor pipe. What is
// left out is counted. Any thread.

#include <atomic>
#include <callgate/base/clock.hpp>
#include <cstdint>

namespace callgate::gateway {

class LineBudget {
 public:
  explicit LineBudget(std::size_t per_second) : per_second_(per_second) {}

  void use(std::size_t per_second) { per_second_ = per_second; }

  // Whether one more line may be written now.
  bool take(base::MonoTime now) {
    const auto second = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
    if (second_.exchange(second) != second) taken_ = 0;
    if (taken_.fetch_add(1) < per_second_) return true;
    ++left_out_;
    return false;
  }

  // Since the start.
  std::uint64_t left_out() const { return left_out_; }

 private:
  std::atomic<std::size_t> per_second_;
  std::atomic<std::int64_t> second_{-1};
  std::atomic<std::size_t> taken_{0};
  std::atomic<std::uint64_t> left_out_{0};
};

}  // namespace callgate::gateway
