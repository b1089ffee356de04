// SPDX-License-Identifier: Apache-2.0
// What goes by itself, and what never does. The clock stands where the test puts it; the store looks after
// each transaction, so that a few questions are enough to see it done.
#include <gtest/gtest.h>

#include "asked.hpp"
#include "memory_disk.hpp"

namespace callgate::store_sqlite {
namespace {

class Retention : public ::testing::Test {
 protected:
  void open(const Settings& settings) {
    store_.reset();
    store_ = open_store(settings, clock_, Ground{.vfs = disk_.vfs()});
  }
  Asked ask() { return Asked(*store_); }
  Settings settings() const { return at_path(folder_.file()); }
  // An event that was delivered then.
  void deliver(const std::string& key, base::WallTime when, std::size_t bytes = 100) {
    ASSERT_TRUE(ask().add(request({event("call-" + key, key, bytes)}, when)));
    ASSERT_TRUE(ask().record(delivered((*ask().show(key))->number, when)));
  }
  bool is_there(const std::string& key) { return ask().show(key)->has_value(); }
  // After these nothing is left to be cleared away that should go now.
  void let_it_clear() {
    for (std::uint64_t before = ~std::uint64_t{0};;) {
      const auto stats = *ask().stats();
      const std::uint64_t now = stats.delivered + stats.taken;
      if (now == before) return;
      before = now;
    }
  }

  StandingClock clock_;
  Folder folder_;
  MemoryDisk disk_;
  std::unique_ptr<SqliteStore> store_;
};

TEST_F(Retention, DeliveredAndTakenEventsGoAfterTheirTimeAndNothingElse) {
  open(settings());
  deliver("old", at(0s));
  deliver("young", at(24h));
  ask().add(one("t", "taken", at(0s)));
  const auto lease = ask().take(1, 10s, at(1s));
  ask().ack(lease->id, {}, at(2s));
  ask().add(one("q", "queued", at(0s)));
  ask().add(one("d", "dead", at(0s)));
  ask().record(given_up((*ask().show("dead"))->number, at(1s)));

  clock_.set(at(7 * 24h - 1us));
  let_it_clear();
  EXPECT_TRUE(is_there("old"));
  clock_.set(at(7 * 24h));
  let_it_clear();
  EXPECT_FALSE(is_there("old"));
  EXPECT_TRUE(is_there("taken"));
  EXPECT_TRUE(is_there("young"));
  clock_.set(at(1000 * 24h));
  let_it_clear();
  EXPECT_FALSE(is_there("taken"));
  EXPECT_FALSE(is_there("young"));
  EXPECT_TRUE(is_there("queued"));
  EXPECT_TRUE(is_there("dead"));
  EXPECT_EQ(ask().stats()->delivered, 0U);
}

TEST_F(Retention, PastItsBytesTheOldestGoFirstButNotTheLastMinutes) {
  Settings small = settings();
  small.keep_bytes = 2U << 20;
  open(small);
  for (int i = 0; i < 400; ++i) deliver(std::to_string(i), at(std::chrono::seconds(i)), 8000);
  ask().add(one("q", "queued", at(0s)));
  clock_.set(at(399s));
  let_it_clear();
  EXPECT_EQ(ask().stats()->delivered, 400U) << "a sender may repeat them still";
  clock_.set(at(399s + 600s));
  let_it_clear();
  const std::uint64_t left = ask().stats()->delivered;
  EXPECT_GT(left, 100U);
  EXPECT_LT(left, 260U);
  EXPECT_FALSE(is_there("0"));
  EXPECT_TRUE(is_there("399"));
  EXPECT_TRUE(is_there("queued"));
}

TEST_F(Retention, SpaceIsUsedAgainAndGivenBackWhenThereIsMuchOfIt) {
  Settings small = settings();
  small.keep = 1h;
  open(small);
  for (int i = 0; i < 2000; ++i) {
    ASSERT_TRUE(ask().add(request({event("a", std::to_string(i), 8000)}, at(0s))));
  }
  EXPECT_GT(disk_.bytes(folder_.file()), 15U << 20);
  ASSERT_EQ(*ask().forget("a"), 2000U);
  while (disk_.bytes(folder_.file()) > 12U << 20) ASSERT_TRUE(ask().stats());
  ASSERT_TRUE(ask().add(one("b", "1")));
  EXPECT_EQ(ask().stats()->queued, 1U);
  EXPECT_EQ(store_->trouble(), "");
}

TEST_F(Retention, TheLogStaysSmall) {
  open(settings());
  std::uint64_t most = 0;
  for (int i = 0; i < 3000; ++i) {
    ASSERT_TRUE(ask().add(request({event("a" + std::to_string(i % 50), std::to_string(i), 8000)})));
    most = std::max(most, disk_.bytes(folder_.file() + "-wal"));
  }
  EXPECT_GT(most, 1U << 20);
  EXPECT_LT(most, 10U << 20);
  EXPECT_GT(disk_.bytes(folder_.file()), 20U << 20);
}

TEST_F(Retention, AddsGoOnWhileMuchIsClearedAway) {
  open(settings());
  for (int i = 0; i < 3000; ++i) {
    store_->add(one("a" + std::to_string(i), std::to_string(i), at(0s)), [](auto) {});
  }
  const auto heads = ask().find_due("/api/callback", at(1s), 3000)->heads;
  ASSERT_EQ(heads.size(), 3000U);
  for (const auto& head : heads) store_->record(delivered(head.number, at(1s)), [](auto) {});
  ASSERT_EQ(ask().stats()->delivered, 3000U);
  clock_.set(at(8 * 24h));
  int added = 0;
  while (ask().stats()->delivered > 0) {
    ASSERT_TRUE(ask().add(one("b", "b" + std::to_string(added), at(8 * 24h))));
    ++added;
  }
  EXPECT_GT(added, 3) << "it went in small steps";
  EXPECT_EQ(ask().stats()->queued, static_cast<std::uint64_t>(added));
}

TEST_F(Retention, AClearedEventIsTakenAnewAndNumbersAreNotGivenTwice) {
  open(settings());
  deliver("1", at(0s));
  const std::int64_t number = (*ask().show("1"))->number;
  clock_.set(at(8 * 24h));
  let_it_clear();
  open(settings());
  EXPECT_EQ(ask().add(one("a", "1", at(8 * 24h)))->fresh, 1U);
  EXPECT_GT((*ask().show("1"))->number, number);
}

}  // namespace
}  // namespace callgate::store_sqlite
