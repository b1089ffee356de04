// SPDX-License-Identifier: Apache-2.0
// One bit of the closed file is flipped: the store says so, or the event in question is a dead letter and the
// others still flow. No event comes out with other bytes than went in, and nothing ends the process. A file
// that is too large to be looked over at the start may hide a broken tree until something runs into it; what
// is missed then is counted. CALLGATE_SCALE percent of 5,000 flips (default 1), CALLGATE_SEED for the first;
// each failure prints its own.
#include <gtest/gtest.h>
#include <sqlite3.h>

#include <iostream>
#include <map>
#include <thread>

#include "asked.hpp"
#include "memory_disk.hpp"

namespace callgate::store_sqlite {
namespace {

using delivery::State;

struct Seen {
  std::size_t sound = 0;
  std::size_t dead = 0;
  std::size_t wrong = 0;
  std::string told;  // by open, by an answer, or as trouble
};

class Damage : public ::testing::Test {
 protected:
  static constexpr int kEvents = 60;

  Damage() {
    {
      auto store = open();
      for (int i = 0; i < kEvents; ++i) {
        delivery::Accepted accepted =
            request({event("call" + std::to_string(i % 12), "key" + std::to_string(i), 1500)});
        bodies_[accepted.events[0].key] = accepted.events[0].body;
        EXPECT_TRUE(Asked(**store).add(std::move(accepted)));
      }
    }
    image_ = disk_.image();
    file_ = disk_.files().front();
  }

  base::Result<std::unique_ptr<SqliteStore>> open(std::chrono::milliseconds check_for = 1000ms) {
    Pace pace;
    pace.retry = 1ms;
    return StoreOpener::open(at_path(folder_.file()), clock_,
                             Ground{.vfs = disk_.vfs(), .check_for = check_for}, pace);
  }

  // Hands over everything that comes.
  Seen deliver_all(SqliteStore& store) {
    Asked ask(store);
    Seen seen;
    for (int round = 0; round < 2 * kEvents; ++round) {
      const auto due = ask.find_due("/api/callback", at(1s));
      if (!due) {
        seen.told = due.error().message;
        return seen;
      }
      if (due->heads.empty()) break;
      for (const auto& head : due->heads) {
        const auto body = bodies_.find(head.event.key);
        if (body == bodies_.end() || body->second != head.event.body) ++seen.wrong;
        ++seen.sound;
        if (const auto recorded = ask.record(delivered(head.number, at(1s))); !recorded) {
          seen.told = recorded.error().message;
          return seen;
        }
      }
    }
    if (const auto stats = ask.stats()) seen.dead = stats->dead;
    seen.told = store.trouble();
    return seen;
  }

  StandingClock clock_;
  Folder folder_;
  MemoryDisk disk_;
  std::map<std::string, std::string> bodies_;
  MemoryDisk::Image image_;
  std::string file_;
};

TEST_F(Damage, AFlippedBitIsToldOrItsEventIsDead) {
  const std::uint64_t seed = number_from("CALLGATE_SEED", std::random_device{}());
  const std::uint64_t flips = scaled(5'000);
  std::size_t harmless = 0;
  std::size_t dead = 0;
  std::size_t refused = 0;
  std::size_t told = 0;
  std::size_t missed = 0;
  for (std::uint64_t i = 0; i < flips; ++i) {
    std::mt19937_64 random(seed + i);
    disk_.load(image_);
    disk_.flip_bit(file_, random() % (8 * disk_.bytes(file_)));
    const bool is_looked_over = random() % 2 == 0;
    auto store = open(is_looked_over ? 60s : 0ms);
    if (!store) {
      ++refused;
      continue;
    }
    const Seen seen = deliver_all(**store);
    ASSERT_EQ(seen.wrong, 0U) << "CALLGATE_SEED=" << seed + i;
    if (!seen.told.empty()) {
      ++told;
    } else if (seen.sound + seen.dead != static_cast<std::size_t>(kEvents)) {
      ASSERT_FALSE(is_looked_over) << "CALLGATE_SEED=" << seed + i;
      ++missed;
    } else {
      ++(seen.dead > 0 ? dead : harmless);
    }
  }
  std::cout << flips << " flips from seed " << seed << ": " << dead << " made a dead letter, " << refused
            << " were told at the start, " << told << " later, " << harmless << " hit nothing, " << missed
            << " were missed where the file was not looked over\n";
  EXPECT_TRUE(flips < 50 || dead + refused + told > 0);
}

// Of a body in the file: the first byte of it that is found.
TEST_F(Damage, ADamagedEventIsADeadLetterAndTheCallGoesOn) {
  const std::string content = image_.at(file_);
  for (const char* key : {"key0", "key30"}) {
    const std::size_t at_byte = content.find("{\"id\":\"" + std::string(key) + "\"}");
    ASSERT_NE(at_byte, std::string::npos);
    disk_.flip_bit(file_, 8 * (at_byte + 2));
  }
  auto store = open();
  ASSERT_TRUE(store) << store.error().message;
  Asked ask(**store);
  const auto lease = ask.take(100, 10s, at(1s));
  EXPECT_EQ(lease->events.size(), static_cast<std::size_t>(kEvents - 2));
  const auto stored = **ask.show("key0");
  EXPECT_EQ(stored.state, State::dead);
  EXPECT_EQ(stored.note, "damaged");
  EXPECT_EQ(stored.event.body, "");
  EXPECT_EQ(stored.event.id, "id-key0");
  EXPECT_EQ(ask.stats()->dead, 2U);
  const auto redelivered = ask.redeliver("key0", at(2s));
  ASSERT_FALSE(redelivered);
  EXPECT_NE(redelivered.error().message.find("damaged"), std::string::npos);
  EXPECT_TRUE(ask.add(one("a", "new")));
  EXPECT_EQ((*store)->trouble(), "");
}

// The trees themselves are broken: nothing new is put into such a file, and it is said until somebody acts.
TEST_F(Damage, ABrokenTreeIsToldAndTakesNothingNew) {
  auto store = open(0ms);
  ASSERT_TRUE(store);
  Asked ask(**store);
  disk_.fail_at(1, MemoryDisk::Last::once, SQLITE_CORRUPT);
  ASSERT_FALSE(ask.add(one("a", "new")));
  EXPECT_NE((*store)->trouble().find("is damaged"), std::string::npos) << (*store)->trouble();
  while (!ask.stats()) std::this_thread::yield();
  const auto refused = ask.add(one("a", "new"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("it takes nothing new"), std::string::npos)
      << refused.error().message;
  EXPECT_NE((*store)->trouble().find(".recover"), std::string::npos);
  EXPECT_FALSE(ask.find_due("/api/callback", at(1s))->heads.empty()) << "what can be read still goes out";
}

}  // namespace
}  // namespace callgate::store_sqlite
