// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/delivery/breaker.hpp>

namespace callgate::delivery {
namespace {

using namespace std::chrono_literals;

constexpr base::MonoTime kBegin{100h};

// Begins pushes of the events from `first` on and lets all of them fail.
void fail(Breaker& breaker, std::int64_t first, std::int64_t last, base::MonoTime at = kBegin) {
  for (std::int64_t number = first; number <= last; ++number) {
    breaker.begin(number);
    breaker.end(number, Health::ill, at, 0.0);
  }
}

TEST(Breaker, OpensAfterFailuresOfDifferentEventsInARow) {
  Breaker breaker;
  fail(breaker, 1, 4);
  EXPECT_TRUE(breaker.may_start(kBegin, false));
  breaker.begin(5);
  EXPECT_TRUE(breaker.end(5, Health::ill, kBegin, 0.0)) << "it tells that it opened";
  EXPECT_TRUE(breaker.is_open());
  EXPECT_FALSE(breaker.may_start(kBegin, false));
  EXPECT_EQ(breaker.next_start(false), kBegin + 1s);
}

TEST(Breaker, OneEventThatAlwaysFailsOpensNothing) {
  Breaker breaker;
  for (int i = 0; i < 100; ++i) fail(breaker, 1, 4);
  EXPECT_FALSE(breaker.is_open());
}

TEST(Breaker, ASuccessBetweenStartsAnewAndBusySaysNothing) {
  Breaker breaker;
  fail(breaker, 1, 4);
  breaker.begin(9);
  EXPECT_FALSE(breaker.end(9, Health::unknown, kBegin, 0.0));
  breaker.begin(9);
  EXPECT_FALSE(breaker.end(9, Health::well, kBegin, 0.0));
  fail(breaker, 5, 8);
  EXPECT_FALSE(breaker.is_open());
  fail(breaker, 1, 1);
  EXPECT_TRUE(breaker.is_open());
}

TEST(Breaker, LetsOneProbeThroughAtATimeAfterGrowingPauses) {
  Breaker breaker;
  fail(breaker, 1, 5);
  base::MonoTime now = kBegin;
  for (const auto pause : {1s, 2s, 4s, 8s, 15s, 15s, 15s}) {
    EXPECT_EQ(breaker.next_start(false), now + pause);
    EXPECT_FALSE(breaker.may_start(now + pause - 1ns, false));
    now += pause;
    ASSERT_TRUE(breaker.may_start(now, false));
    breaker.begin(6);
    EXPECT_FALSE(breaker.may_start(now + 1h, false)) << "one at a time, however long it takes";
    EXPECT_FALSE(breaker.next_start(false));
    now += 15s;
    EXPECT_FALSE(breaker.end(6, Health::ill, now, 0.0)) << "open it was already";
  }
}

TEST(Breaker, PausesAreJitteredUpToThirtySeconds) {
  Breaker breaker;
  for (std::int64_t number = 1; number <= 5; ++number) breaker.end(number, Health::ill, kBegin, 0.5);
  EXPECT_EQ(breaker.next_start(false), kBegin + 1500ms);
  base::MonoTime now = kBegin;
  for (int i = 0; i < 10; ++i) {
    now = *breaker.next_start(false);
    breaker.begin(6);
    breaker.end(6, Health::ill, now, 0.999);
  }
  EXPECT_GT(*breaker.next_start(false), now + 29s);
  EXPECT_LT(*breaker.next_start(false), now + 30s);
}

TEST(Breaker, AnySuccessClosesItAndThePausesBeginAnew) {
  Breaker breaker;
  breaker.begin(50);
  fail(breaker, 1, 5);
  EXPECT_TRUE(breaker.end(50, Health::well, kBegin, 0.0)) << "it began before the breaker opened";
  EXPECT_FALSE(breaker.is_open());
  EXPECT_TRUE(breaker.may_start(kBegin, false));
  EXPECT_FALSE(breaker.next_start(false));
  fail(breaker, 1, 5);
  EXPECT_EQ(breaker.next_start(false), kBegin + 1s);
}

TEST(Breaker, WhatBeganBeforeItOpenedAndFailsSaysNothingNew) {
  Breaker breaker;
  for (std::int64_t number = 1; number <= 64; ++number) breaker.begin(number);
  for (std::int64_t number = 1; number <= 64; ++number)
    breaker.end(number, Health::ill, kBegin + number * 1ms, 0.0);
  EXPECT_EQ(breaker.next_start(false), kBegin + 5ms + 1s);
}

TEST(Breaker, AProbeThatWasNotTriedMayBeTriedAtOnce) {
  Breaker breaker;
  fail(breaker, 1, 5);
  breaker.begin(6);
  EXPECT_FALSE(breaker.end(6, Health::unknown, kBegin + 1s, 0.0));
  EXPECT_TRUE(breaker.is_open());
  EXPECT_TRUE(breaker.may_start(kBegin + 1s, false));
}

TEST(Breaker, AnEventThatWasNeverTriedNeedNotWaitForALongPause) {
  Breaker breaker;
  fail(breaker, 1, 5);
  base::MonoTime now = kBegin;
  for (int probe = 0; probe < 6; ++probe) {
    now = *breaker.next_start(false);
    breaker.begin(6);
    EXPECT_FALSE(breaker.may_start(now, true)) << "one at a time";
    breaker.end(6, Health::ill, now, 0.0);
  }
  EXPECT_EQ(breaker.next_start(false), now + 15s);
  EXPECT_EQ(breaker.next_start(true), now + 1s);
  EXPECT_FALSE(breaker.may_start(now + 1s - 1ns, true));
  EXPECT_TRUE(breaker.may_start(now + 1s, true));
  EXPECT_FALSE(breaker.may_start(now + 1s, false));
}

}  // namespace
}  // namespace callgate::delivery
