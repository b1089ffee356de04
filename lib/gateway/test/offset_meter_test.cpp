// SPDX-License-Identifier: Apache-2.0
#include "offset_meter.hpp"

#include <gtest/gtest.h>

namespace callgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr base::WallTime kNow{1'800'000'000s};

TEST(OffsetMeter, TheLeastDelayedOfFiveTokensTellsTheOffset) {
  OffsetMeter meter;
  for (int i = 0; i < 4; ++i) meter.observe(kNow + i * 1s - 40s, kNow + i * 1s);
  EXPECT_FALSE(meter.take(kNow)) << "not enough";
  meter.observe(kNow + 10s - 31s, kNow + 10s);
  EXPECT_EQ(meter.take(kNow + 10s), -31s);
  EXPECT_FALSE(meter.take(kNow + 10s)) << "begun anew";
}

// A genuine token that somebody kept would make the issuer's clock look late.
TEST(OffsetMeter, RepeatsAndOldTokensSayNothing) {
  OffsetMeter meter;
  for (int i = 0; i < 100; ++i) meter.observe(kNow - 1h, kNow + i * 1s);
  EXPECT_FALSE(meter.take(kNow)) << "one token, whatever it is sent";
  for (int i = 0; i < 5; ++i) meter.observe(kNow + i * 1s, kNow + i * 1s);
  EXPECT_EQ(meter.take(kNow + 5s), 0s);
  for (int i = 0; i < 100; ++i) meter.observe(kNow - 1h + i * 1s, kNow + 10s);
  EXPECT_FALSE(meter.take(kNow + 10s));
}

TEST(OffsetMeter, ATokenFromTheFutureDoesNotHideTheRest) {
  OffsetMeter meter;
  meter.observe(kNow + 24h, kNow);
  for (int i = 1; i < 5; ++i) meter.observe(kNow + 24h + i * 1s, kNow + i * 1s);
  EXPECT_EQ(meter.take(kNow + 5s), 24h);
  for (int i = 0; i < 5; ++i) meter.observe(kNow + 6s + i * 1s, kNow + 6s + i * 1s);
  EXPECT_EQ(meter.take(kNow + 20s), 0s);
}

}  // namespace
}  // namespace callgate::gateway
