// SPDX-License-Identifier: Apache-2.0
// The disk fails at its n-th write, sync, truncate, open or delete, for n = 1, 2, 3 ... until a run does not
// get that far; once and for good; as an I/O error and as a full disk. Then it works again, and then the
// power goes. What was answered is there; of what got an error all or nothing; the store has come back by
// itself.
#include <gtest/gtest.h>

#include <iostream>
#include <map>
#include <set>
#include <thread>

#include "asked.hpp"
#include "memory_disk.hpp"

namespace callgate::store_sqlite {
namespace {

using delivery::State;

Pace impatient() {
  Pace pace;
  pace.checkpoint_frames = 6;
  pace.retry = 1ms;
  return pace;
}

// Keys that must be there, and in which state.
using Kept = std::map<std::string, State>;

// Everything a store does, as far as it gets; notes what was answered well. Errors change nothing here.
class Use {
 public:
  explicit Use(delivery::Store& store) : ask_(store) {}

  void run() {
    add({event("a", "a1", 9000), event("b", "b1"), event("c", "c1")});
    add({event("a", "a2", 3000)});
    add({event("a", "a1", 9000)});
    finish("a1", delivered(number_of("a1"), at(1s)), State::delivered);
    finish("a2", given_up(number_of("a2"), at(2s)), State::dead);
    if (const auto again = ask_.redeliver("a2", at(3s)); !again) {
      unsure_.insert("a2");
    } else if (*again) {
      kept_["a2"] = State::queued;
    }
    take();
    add({event("d", "d1"), event("d", "d2", 20'000)});
    add({event("e", "e1")});
    if (!ask_.forget("d")) {
      unsure_.insert({"d1", "d2"});
    } else {
      kept_.erase("d1");
      kept_.erase("d2");
    }
    add({event("f", "f1"), event("g", "f2")});
  }

  const Kept& kept() const { return kept_; }
  const std::set<std::string>& unsure() const { return unsure_; }

  void add(std::vector<delivery::NewEvent> events) {
    std::vector<std::string> keys;
    for (const auto& each : events) keys.push_back(each.key);
    if (!ask_.add(request(std::move(events)))) return;
    for (const auto& key : keys) kept_.emplace(key, State::queued);
  }

 private:
  std::int64_t number_of(const std::string& key) {
    const auto found = ask_.show(key);
    return found && *found ? (*found)->number : 0;
  }

  void finish(const std::string& key, const delivery::Report& report, State state) {
    if (ask_.record(report) && kept_.count(key) != 0 && report.number != 0)
      kept_[key] = state;
    else
      unsure_.insert(key);
  }

  void take() {
    const auto lease = ask_.take(10, 30s, at(5s));
    if (!lease || lease->events.empty()) return;
    const auto acknowledged = ask_.ack(lease->id, {}, at(6s));
    for (const auto& stored : lease->events) {
      if (!acknowledged) {
        unsure_.insert(stored.event.key);
      } else {
        kept_[stored.event.key] = State::taken;
      }
    }
  }

  Asked ask_;
  Kept kept_;
  std::set<std::string> unsure_;  // in one state or the next, or forgotten
};

// Adds until it is taken: the writer comes back by itself, in some milliseconds.
void wait_until_well(SqliteStore& store, Use& use) {
  Asked ask(store);
  while (!ask.add(one("well", "well"))) std::this_thread::yield();
  EXPECT_EQ(store.trouble(), "");
  use.add({event("well", "well")});
}

void check_kept(SqliteStore& store, const Use& use, const std::string& where) {
  Asked ask(store);
  for (const auto& [key, state] : use.kept()) {
    const auto found = ask.show(key);
    ASSERT_TRUE(found) << where << ": " << found.error().message;
    if (use.unsure().count(key) != 0) continue;
    ASSERT_TRUE(*found) << where << ": " << key << " is lost";
    EXPECT_EQ((*found)->state, state) << where << ": " << key << " " << (*found)->note;
  }
  // All or none of a request.
  for (const auto& [one_key, other] : std::map<std::string, std::string>{{"b1", "c1"}, {"f1", "f2"}})
    EXPECT_EQ((*ask.show(one_key)).has_value(), (*ask.show(other)).has_value())
        << where << ": half of a request";
}

// False: the n-th operation was not reached.
bool run_with_fault(const std::string& path, std::uint64_t n, MemoryDisk::Last last, int code) {
  const std::string where = "operation " + std::to_string(n) +
                            (last == MemoryDisk::Last::once ? ", once, code " : ", for good, code ") +
                            std::to_string(code);
  StandingClock clock;
  MemoryDisk disk;
  const Settings settings = at_path(path);
  const Ground ground{.vfs = disk.vfs()};
  disk.fail_at(n, last, code);
  auto store = StoreOpener::open(settings, clock, ground, impatient());
  if (!store) {
    EXPECT_TRUE(disk.has_failed()) << where << ": " << store.error().message;
    disk.heal();
    store = StoreOpener::open(settings, clock, ground, impatient());
  }
  if (!store) {
    ADD_FAILURE() << where << ": " << store.error().message;
    return false;
  }
  Use use(**store);
  use.run();
  const bool was_reached = disk.has_failed();
  disk.heal();
  wait_until_well(**store, use);
  check_kept(**store, use, where);
  disk.cut_power(n, MemoryDisk::Survives::nothing);
  store->reset();
  disk.restore_power();
  auto after = StoreOpener::open(settings, clock, ground, impatient());
  EXPECT_TRUE(after) << where << (after ? "" : after.error().message);
  if (after) check_kept(**after, use, where + ", after a power loss");
  return was_reached;
}

class Faults : public ::testing::TestWithParam<std::pair<MemoryDisk::Last, int>> {};

TEST_P(Faults, NothingPromisedIsLostAtAnyOperation) {
  const Folder folder;
  std::uint64_t n = 1;
  while (run_with_fault(folder.file(), n, GetParam().first, GetParam().second) && !HasFailure()) ++n;
  EXPECT_GT(n, 100U);
  std::cout << n << " operations\n";
}

INSTANTIATE_TEST_SUITE_P(EachKind, Faults,
                         ::testing::Values(std::pair(MemoryDisk::Last::once, SQLITE_IOERR_WRITE),
                                           std::pair(MemoryDisk::Last::once, SQLITE_FULL),
                                           std::pair(MemoryDisk::Last::once, SQLITE_IOERR_FSYNC),
                                           std::pair(MemoryDisk::Last::until_healed, SQLITE_IOERR_WRITE),
                                           std::pair(MemoryDisk::Last::until_healed, SQLITE_FULL),
                                           std::pair(MemoryDisk::Last::until_healed, SQLITE_READONLY)));

TEST(FaultsTrouble, SaysWhatIsWrongAndRefusesAtOnceUntilItIsOver) {
  StandingClock clock;
  Folder folder;
  MemoryDisk disk;
  Pace pace;
  pace.retry = 20ms;
  auto store = open_store(at_path(folder.file()), clock, Ground{.vfs = disk.vfs()}, pace);
  Asked ask(*store);
  ASSERT_TRUE(ask.add(one("a", "1")));
  EXPECT_EQ(store->trouble(), "");
  disk.fail_at(1, MemoryDisk::Last::until_healed, SQLITE_IOERR_FSYNC);
  const auto refused = ask.add(one("a", "2"));
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().message.find("input or output failed"), std::string::npos)
      << refused.error().message;
  EXPECT_NE(store->trouble().find("input or output failed"), std::string::npos) << store->trouble();
  for (int i = 0; i < 1000; ++i) EXPECT_FALSE(ask.add(one("a", "3")));
  EXPECT_FALSE(ask.stats());
  disk.heal();
  while (!ask.add(one("a", "4"))) std::this_thread::yield();
  EXPECT_EQ(store->trouble(), "");
  EXPECT_EQ((*ask.show("1"))->event.key, "1");
}

TEST(FaultsTrouble, AFullDiskIsRefusedAndTakenAgainOnceThereIsRoom) {
  StandingClock clock;
  Folder folder;
  MemoryDisk disk;
  auto store = open_store(at_path(folder.file()), clock, Ground{.vfs = disk.vfs()}, impatient());
  Asked ask(*store);
  disk.set_capacity(12U << 20);
  std::set<std::string> promised;
  std::string why;
  for (int i = 0; why.empty(); ++i) {
    const std::string key = std::to_string(i);
    const auto added = ask.add(request({event("call" + std::to_string(i % 7), key, 2000)}));
    if (added) {
      promised.insert(key);
    } else {
      why = added.error().message;
    }
  }
  EXPECT_NE(why.find("the disk is full"), std::string::npos) << why;
  EXPECT_GT(promised.size(), 100U);
  for (int i = 0; i < 200; ++i) {
    if (ask.add(one("full", "full" + std::to_string(i)))) promised.insert("full" + std::to_string(i));
  }
  disk.set_capacity(24U << 20);
  while (!ask.add(one("well", "well"))) std::this_thread::yield();
  for (const std::string& key : promised) ASSERT_TRUE(*ask.show(key)) << key;
  disk.cut_power(1, MemoryDisk::Survives::nothing);
  store.reset();
  disk.restore_power();
  store = open_store(at_path(folder.file()), clock, Ground{.vfs = disk.vfs()});
  Asked later(*store);
  for (const std::string& key : promised) ASSERT_TRUE(*later.show(key)) << key;
}

TEST(FaultsTrouble, AFileThatIsGoneIsNotMadeAnew) {
  StandingClock clock;
  Folder folder;
  MemoryDisk disk;
  auto store = open_store(at_path(folder.file()), clock, Ground{.vfs = disk.vfs()}, impatient());
  Asked ask(*store);
  ASSERT_TRUE(ask.add(one("a", "1")));
  std::filesystem::remove(folder.file());
  disk.fail_at(1, MemoryDisk::Last::once, SQLITE_IOERR_WRITE);
  ASSERT_FALSE(ask.add(one("a", "2")));
  while (store->trouble().find("it is gone") == std::string::npos) std::this_thread::yield();
  EXPECT_FALSE(ask.add(one("a", "3")));
}

TEST(FaultsTrouble, WhatMayNotGrowAnyMoreAnswersRepeatsOnly) {
  StandingClock clock;
  Folder folder;
  Settings settings = at_path(folder.file());
  settings.bytes_max = 1U << 20;
  MemoryDisk disk;
  auto store = open_store(settings, clock, Ground{.vfs = disk.vfs()});
  Asked ask(*store);
  std::size_t count = 0;
  while (ask.add(request({event("a", std::to_string(count), 8000)}))) ++count;
  EXPECT_GT(count, 80U);
  EXPECT_LT(count, 140U);
  const auto refused = ask.add(one("a", "new", at(0s)));
  EXPECT_TRUE(refused || refused.error().message.find("bytes_max") != std::string::npos);
  EXPECT_EQ(ask.add(one("a", "0"))->known, 1U);
  EXPECT_EQ(ask.stats()->queued, count + (refused ? 1 : 0));
  ASSERT_EQ(*ask.forget("a"), count + (refused ? 1 : 0));
  EXPECT_TRUE(ask.add(one("a", "new")));
  EXPECT_EQ(store->trouble(), "");
}

}  // namespace
}  // namespace callgate::store_sqlite
