// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <algorithm>
#include <bit>
#include <cmath>

namespace callgate::load {

// Below 2^kPartBits each value has a bucket; above, each power of two is cut into 2^kPartBits parts.
std::size_t Histogram::bucket_of(std::uint64_t micros) {
  const auto width = static_cast<unsigned>(std::bit_width(micros));
  if (width <= kPartBits) return micros;
  const unsigned shift = width - kPartBits - 1;
  const std::size_t bucket = (std::size_t{shift} << kPartBits) + (micros >> shift);
  return std::min(bucket, kBuckets - 1);
}

std::uint64_t Histogram::upper_edge(std::size_t bucket) {
  if (bucket < (std::size_t{2} << kPartBits)) return bucket;
  const std::size_t shift = (bucket >> kPartBits) - 1;
  const std::uint64_t part = (bucket & ((std::size_t{1} << kPartBits) - 1)) + (std::uint64_t{1} << kPartBits);
  return ((part + 1) << shift) - 1;
}

void Histogram::count(Duration value) {
  const auto micros = std::chrono::duration_cast<std::chrono::microseconds>(value).count();
  const auto positive = static_cast<std::uint64_t>(std::max<std::int64_t>(micros, 0));
  ++buckets_[bucket_of(positive)];
  ++total_;
  max_micros_ = std::max(max_micros_, positive);
}

void Histogram::add(const Histogram& other) {
  for (std::size_t i = 0; i < kBuckets; ++i) buckets_[i] += other.buckets_[i];
  total_ += other.total_;
  max_micros_ = std::max(max_micros_, other.max_micros_);
}

double Histogram::milliseconds_at(double share) const {
  const auto wanted = static_cast<std::uint64_t>(std::ceil(share * static_cast<double>(total_)));
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets && total_ > 0; ++i) {
    seen += buckets_[i];
    if (seen >= std::max<std::uint64_t>(wanted, 1))
      return static_cast<double>(std::min(upper_edge(i), max_micros_)) / 1000;
  }
  return 0;
}

}  // namespace callgate::load
