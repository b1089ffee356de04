// SPDX-License-Identifier: Apache-2.0
// When the lane that pushes is woken.
#include "push_lane.hpp"

#include <gtest/gtest.h>

#include "silent_store.hpp"

namespace callgate::gateway {
namespace {

// Counts how often it is read: whoever looks what is to be done does so.
class CountingClock : public base::Clock {
 public:
  base::WallTime wall() const override { return base::system_clock().wall(); }
  base::MonoTime mono() const override {
    ++reads;
    return base::system_clock().mono();
  }
  mutable std::atomic<int> reads{0};
};

class PushLaneTest : public testing::Test {
 protected:
  PushLaneTest() { lane_.start(store_); }
  ~PushLaneTest() override { lane_.stop(); }

  CountingClock clock_;
  Log log_{LogSettings{}};
  PushLane lane_{clock_, log_};
  SilentStore store_;
};

TEST_F(PushLaneTest, WithoutARouteNothingWakesIt) {
  for (int i = 0; i < 1000; ++i) lane_.on_added("/a");
  lane_.drain().wait();  // behind whatever was posted
  EXPECT_EQ(clock_.reads, 0);
}

TEST_F(PushLaneTest, ARouteThatAppearsFindsWhatWasAddedBefore) {
  lane_.use({}, {});
  lane_.on_added("/a");
  lane_.use({{.path = "/a"}}, {});
  store_.wait_until_asked();
}

TEST_F(PushLaneTest, WithARouteEachAdditionIsLookedAt) {
  lane_.use({{.path = "/a"}}, {});
  store_.wait_until_asked();
  store_.let_go();
  store_.be_silent();
  lane_.on_added("/a");
  store_.wait_until_asked();
}

}  // namespace
}  // namespace callgate::gateway
