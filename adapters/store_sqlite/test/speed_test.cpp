// SPDX-License-Identifier: Apache-2.0
// Asking what is due costs what is found, not what is kept: 300,000 queued events, each in a lane of its own,
// or all in one lane, beside 300. The disk is in memory: it is the work that is compared, and the bound is
// generous.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>

#include "asked.hpp"
#include "memory_disk.hpp"

namespace callgate::store_sqlite {
namespace {

constexpr std::size_t kMany = 300'000;
constexpr std::size_t kFew = 300;
constexpr std::size_t kBatch = 1000;
constexpr double kRatioMax = 10;

// `lanes`: over how many calls they are spread.
void fill(SqliteStore& store, std::size_t count, std::size_t lanes) {
  for (std::size_t done = 0; done < count;) {
    std::vector<delivery::NewEvent> events;
    for (std::size_t i = 0; i < kBatch && done < count; ++i, ++done)
      events.push_back(event("call-" + std::to_string(done % lanes), "key-" + std::to_string(done)));
    ASSERT_TRUE(Asked(store).add(request(std::move(events))));
  }
}

// Of many polls, of the kind a pusher makes: the heads that are due, each put off or delivered.
std::chrono::nanoseconds median_poll(SqliteStore& store) {
  Asked ask(store);
  std::vector<std::chrono::nanoseconds> took;
  for (int i = 0; i < 201; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    const auto due = ask.find_due("/api/callback", at(1s), 16);
    took.push_back(std::chrono::steady_clock::now() - begin);
    const auto& head = due->heads.at(static_cast<std::size_t>(i) % due->heads.size());
    // In one lane the head must stay due.
    ask.record(due->heads.size() > 1 ? failed(head.number, at(1s), at(600s))
                                     : delivered(head.number, at(1s)));
  }
  std::nth_element(took.begin(), took.begin() + 100, took.end());
  return took[100];
}

std::chrono::nanoseconds poll_of(std::size_t count, std::size_t lanes) {
  StandingClock clock;
  const Folder folder;
  MemoryDisk disk;
  auto store = open_store(at_path(folder.file()), clock, Ground{.vfs = disk.vfs()});
  fill(*store, count, lanes);
  const auto poll = median_poll(*store);
  std::cout << count << " events in " << lanes << " lanes: " << poll.count() / 1000 << " us a poll\n";
  EXPECT_EQ(Asked(*store).stats()->lanes > 0, true);
  return poll;
}

TEST(FindDue, CostsWhatItFindsWithManyLanes) {
  const auto few = poll_of(kFew, kFew);
  const auto many = poll_of(kMany, kMany);
  EXPECT_LT(static_cast<double>(many.count()), kRatioMax * static_cast<double>(few.count()));
}

TEST(FindDue, CostsWhatItFindsWithOneLongLane) {
  const auto few = poll_of(kFew, 1);
  const auto many = poll_of(kMany, 1);
  EXPECT_LT(static_cast<double>(many.count()), kRatioMax * static_cast<double>(few.count()));
}

}  // namespace
}  // namespace callgate::store_sqlite
