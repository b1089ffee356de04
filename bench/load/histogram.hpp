// SPDX-License-Identifier: Apache-2.0
#pragma once
// Counts durations in buckets that are about 1.6 % wide, from a microsecond to hours. Not thread-safe; one
// for each thread, added up at the end.

#include <array>
#include <chrono>
#include <cstdint>

namespace callgate::load {

using Duration = std::chrono::nanoseconds;

class Histogram {
 public:
  void count(Duration value);
  void add(const Histogram& other);
  std::uint64_t total() const { return total_; }
  // The upper edge of the bucket in which the part `share` (0 to 1) of all values is reached; 0 if there are
  // none.
  double milliseconds_at(double share) const;
  double max_milliseconds() const { return static_cast<double>(max_micros_) / 1000; }

 private:
  static constexpr unsigned kPartBits = 6;  // buckets to a power of two
  static constexpr std::size_t kBuckets = std::size_t{36} << kPartBits;
  static std::size_t bucket_of(std::uint64_t micros);
  static std::uint64_t upper_edge(std::size_t bucket);

  std::array<std::uint64_t, kBuckets> buckets_{};
  std::uint64_t total_ = 0;
  std::uint64_t max_micros_ = 0;
};

}  // namespace callgate::load
