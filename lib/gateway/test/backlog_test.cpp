// SPDX-License-Identifier: Apache-2.0
#include "backlog.hpp"

#include <gtest/gtest.h>

#include <string>

namespace callgate::gateway {
namespace {

using namespace std::chrono_literals;

constexpr auto kPatience = 100ms;

// A worker that needs `cost` for each that it serves, and looks for new ones after each turn.
class Worker {
 public:
  explicit Worker(base::MonoTime::duration cost, base::MonoTime::duration patience = kPatience)
      : cost_(cost), patience_(patience) {}

  void arrive(int count) {
    for (int i = 0; i < count; ++i) backlog_.push(now_, now_);
  }

  void turn(int most = 16) {
    backlog_.begin_turn(now_, patience_);
    for (int i = 0; i < most; ++i) {
      const auto next = backlog_.next(now_);
      if (!next) {
        now_ += cost_;  // nothing to do
        return;
      }
      if (next->turned_away) {
        ++turned_away;
        now_ += cost_ / 8;
        continue;
      }
      ++served;
      now_ += cost_;
      longest = std::max(longest, now_ - next->who);
    }
  }

  void rest(base::MonoTime::duration time) { now_ += time; }
  std::size_t waiting() const { return backlog_.size(); }
  base::MonoTime now() const { return now_; }

  int served = 0, turned_away = 0;
  base::MonoTime::duration longest{};  // from arriving to having been served

 private:
  Backlog<base::MonoTime> backlog_;
  base::MonoTime now_{1h};
  const base::MonoTime::duration cost_, patience_;
};

TEST(Backlog, ServesInOrder) {
  Backlog<std::string> backlog;
  const base::MonoTime now{1h};
  for (const char* who : {"a", "b", "c"}) backlog.push(who, now);
  std::string order;
  backlog.begin_turn(now, kPatience);
  while (const auto next = backlog.next(now + 99ms)) order += next->who + (next->turned_away ? "!" : "");
  EXPECT_EQ(order, "abc");
}

TEST(Backlog, TurnsNobodyAwayFromABurst) {
  Worker worker(70us);
  for (int i = 0; i < 50; ++i) {
    worker.arrive(1000);
    while (worker.waiting() > 0) worker.turn();
    worker.rest(1ms);
  }
  EXPECT_EQ(worker.turned_away, 0);
  EXPECT_EQ(worker.served, 50'000);
}

TEST(Backlog, TurnsNobodyAwayWhileThereIsAFreeMoment) {
  Worker worker(70us);
  for (int i = 0; i < 5000; ++i) {
    worker.arrive(15);  // of the 16 of a turn
    worker.turn();
  }
  EXPECT_EQ(worker.turned_away, 0);
  EXPECT_LT(worker.longest, 5ms);
}

TEST(Backlog, UnderOverloadIsQuickForThoseItServesAndServesAlmostAsManyAsEver) {
  Worker worker(70us);
  // Whoever has an answer comes again at once.
  const auto work_for = [&worker](base::MonoTime::duration time) {
    for (const auto end = worker.now() + time; worker.now() < end; worker.turn())
      worker.arrive(static_cast<int>(2000 - worker.waiting()));
  };
  work_for(200ms);  // it finds out
  worker.longest = {};
  worker.served = worker.turned_away = 0;
  work_for(10s);
  EXPECT_LT(worker.longest, kPatience / 10 + 2ms);
  EXPECT_GT(worker.served, 0.8 * (10s / 70us));
  EXPECT_GT(worker.turned_away, worker.served / 5) << "those that are not served know it soon";
}

TEST(Backlog, ServesInOrderAgainOnceNobodyWaits) {
  Worker worker(70us);
  worker.arrive(3000);
  while (worker.waiting() > 0) worker.turn();
  EXPECT_GT(worker.turned_away, 0);
  const int before = worker.turned_away;
  worker.rest(kPatience);
  worker.arrive(1000);
  while (worker.waiting() > 0) worker.turn();
  EXPECT_EQ(worker.turned_away, before);
}

TEST(Backlog, AnOverloadThatComesBackSoonIsKnownSooner) {
  Worker worker(70us);
  worker.arrive(3000);
  while (worker.waiting() > 0) worker.turn();
  worker.turn();
  const int before = worker.turned_away;
  worker.arrive(1000);  // 70 ms of work
  while (worker.waiting() > 0) worker.turn();
  EXPECT_GT(worker.turned_away, before);
}

TEST(Backlog, AMachineThatStoodStillWasNotBusy) {
  Worker worker(70us);
  worker.arrive(10);
  worker.turn(1);
  worker.rest(1h);
  worker.turn();
  EXPECT_EQ(worker.turned_away, 0);
  EXPECT_EQ(worker.served, 10);
}

TEST(Backlog, WithoutPatienceAllAreServed) {
  Worker worker(70us, 0ms);
  worker.arrive(10'000);
  while (worker.waiting() > 0) worker.turn();
  EXPECT_EQ(worker.served, 10'000);
}

}  // namespace
}  // namespace callgate::gateway
