// SPDX-License-Identifier: Apache-2.0
#include "histogram.hpp"

#include <gtest/gtest.h>

namespace callgate::load {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

TEST(Histogram, SharesAreWithinTheWidthOfABucket) {
  Histogram histogram;
  for (int i = 1; i <= 10'000; ++i) histogram.count(microseconds(i * 37));
  for (const double share : {0.001, 0.01, 0.5, 0.9, 0.99, 0.999}) {
    const double exact = share * 10'000 * 0.037;
    EXPECT_GE(histogram.milliseconds_at(share), exact * 0.999) << share;
    EXPECT_LE(histogram.milliseconds_at(share), exact * 1.017 + 0.037) << share;
  }
  EXPECT_DOUBLE_EQ(histogram.milliseconds_at(1), 370);
  EXPECT_DOUBLE_EQ(histogram.max_milliseconds(), 370);
}

TEST(Histogram, SmallAndOddValues) {
  Histogram histogram;
  EXPECT_EQ(histogram.milliseconds_at(0.5), 0) << "nothing counted";
  histogram.count(microseconds(-5));
  EXPECT_EQ(histogram.milliseconds_at(1), 0) << "a negative duration is none";
  for (const int micros : {1, 63, 64, 65, 127, 128, 129}) {
    Histogram one;
    one.count(microseconds(micros));
    EXPECT_DOUBLE_EQ(one.milliseconds_at(0.5), micros / 1000.0) << micros;
  }
  histogram.count(std::chrono::hours(24 * 365));
  EXPECT_EQ(histogram.total(), 2U);
}

TEST(Histogram, AddsUp) {
  Histogram one, other;
  one.count(milliseconds(1));
  other.count(milliseconds(9));
  one.add(other);
  EXPECT_EQ(one.total(), 2U);
  EXPECT_DOUBLE_EQ(one.max_milliseconds(), 9);
  EXPECT_NEAR(one.milliseconds_at(0.5), 1, 0.02);
}

}  // namespace
}  // namespace callgate::load
