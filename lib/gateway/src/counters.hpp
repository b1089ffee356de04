// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a worker counts. Each worker writes its own; the admin thread reads them all. No lock, no label from
// outside: providers and routes have slots, given out once by name.

#include <array>
#include <atomic>
#include <callgate/admin/commands.hpp>
#include <callgate/refusal/reason.hpp>
#include <callgate/replay/guard.hpp>
#include <chrono>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace callgate::gateway {

inline constexpr std::size_t kSlotsMax = 64;

// Names of the slots; slot 0 is "-", for requests that no provider was found for. Once all are given out,
// further names share the last. Any thread.
class SlotNames {
 public:
  std::size_t slot_of(const std::string& name);
  std::vector<std::string> names() const;

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> names_{"-"};
};

struct Slots {
  SlotNames providers;
  SlotNames routes;
};

// Upper bounds in seconds.
inline constexpr std::array<double, 12> kRequestBounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025,
                                                       0.05,   0.1,   0.25,   1,     5,    30};
inline constexpr std::array<double, 8> kVerifyBounds{0.00001, 0.000025, 0.00005, 0.0001,
                                                     0.00025, 0.0005,   0.001,   0.01};

template <std::size_t N>
class Timings {
 public:
  explicit Timings(const std::array<double, N>& bounds) : bounds_(bounds) {}
  void observe(std::chrono::nanoseconds span) {
    const double seconds = std::chrono::duration<double>(span).count();
    std::size_t at = 0;
    while (at < N && seconds > bounds_[at]) ++at;
    counts_[at].fetch_add(1, std::memory_order_relaxed);
    nanoseconds_.fetch_add(static_cast<std::uint64_t>(span.count()), std::memory_order_relaxed);
  }
  void add_to(admin::Histogram& sum) const {
    sum.bounds.assign(bounds_.begin(), bounds_.end());
    sum.counts.resize(N + 1);
    for (std::size_t i = 0; i <= N; ++i) sum.counts[i] += counts_[i].load(std::memory_order_relaxed);
    sum.sum += static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)) * 1e-9;
  }

 private:
  const std::array<double, N>& bounds_;
  std::array<std::atomic<std::uint64_t>, N + 1> counts_{};
  std::atomic<std::uint64_t> nanoseconds_{0};
};

class Counters {
 public:
  // Worker's thread.
  void count_passed_in_shadow(std::size_t route_slot, refusal::Reason reason) {
    shadow_[route_slot][static_cast<std::size_t>(reason)].fetch_add(1, std::memory_order_relaxed);
  }
  void count(std::size_t slot, const std::optional<refusal::Reason>& reason) {
    const std::size_t row = reason ? static_cast<std::size_t>(*reason) + 1 : 0;
    requests_[slot][row].fetch_add(1, std::memory_order_relaxed);
  }
  void count_use(replay::Result result) {
    uses_[static_cast<std::size_t>(result)].fetch_add(1, std::memory_order_relaxed);
  }
  void observe_request(std::chrono::nanoseconds span) { request_.observe(span); }
  void observe_verify(std::chrono::nanoseconds span) { verify_.observe(span); }

  // Any thread.
  using Requests = std::array<std::array<std::uint64_t, refusal::kReasonCount + 1>, kSlotsMax>;
  using Shadow = std::array<std::array<std::uint64_t, refusal::kReasonCount>, kSlotsMax>;
  void add_to(Requests& requests, admin::Metrics& metrics) const;
  void add_to(Shadow& shadow) const;

 private:
  std::array<std::array<std::atomic<std::uint64_t>, refusal::kReasonCount + 1>, kSlotsMax> requests_{};
  std::array<std::array<std::atomic<std::uint64_t>, refusal::kReasonCount>, kSlotsMax> shadow_{};
  std::array<std::atomic<std::uint64_t>, replay::kResultCount> uses_{};
  Timings<kRequestBounds.size()> request_{kRequestBounds};
  Timings<kVerifyBounds.size()> verify_{kVerifyBounds};
};

// The rows that are not zero, with their words.
std::vector<admin::RequestCount> rows_of(const Counters::Requests& requests,
                                         const std::vector<std::string>& names);
std::vector<admin::ShadowCount> rows_of(const Counters::Shadow& shadow,
                                        const std::vector<std::string>& routes);

}  // namespace callgate::gateway
