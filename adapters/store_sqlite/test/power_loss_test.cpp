// SPDX-License-Identifier: Apache-2.0
// The power goes at a random moment while several threads add: whatever was answered is there afterwards. The
// disk forgets every write that was not synced, or some of them, or parts of them. That the disk of this test
// would show a store that does not sync is shown as well.
// CALLGATE_SCALE percent of 10,000 losses (default 1), CALLGATE_SEED for the first; each failure prints its
// seed.
#include <gtest/gtest.h>

#include <atomic>
#include <iostream>
#include <set>
#include <thread>

#include "asked.hpp"
#include "memory_disk.hpp"

namespace callgate::store_sqlite {
namespace {

constexpr std::size_t kThreads = 4;

// What callers were told.
class Promised {
 public:
  void add(const std::string& key) {
    const std::lock_guard lock(mutex_);
    keys_.insert(key);
  }
  std::set<std::string> keys() const {
    const std::lock_guard lock(mutex_);
    return keys_;
  }
  std::size_t count() const {
    const std::lock_guard lock(mutex_);
    return keys_.size();
  }

 private:
  mutable std::mutex mutex_;
  std::set<std::string> keys_;
};

// Adds one event after the other until the power is gone, and some of them again.
void add_until_dark(delivery::Store& store, const std::string& name, std::uint64_t seed, Promised& promised) {
  std::mt19937_64 random(seed);
  Asked ask(store);
  for (std::size_t i = 0; i < 10'000; ++i) {
    const std::string key = name + "-" + std::to_string(random() % 8 == 0 && i > 0 ? random() % i : i);
    const std::string call = "call-" + std::to_string(random() % 5);
    if (!ask.add(request({event(call, key, 1 + random() % 4000)}))) return;
    promised.add(key);
  }
}

struct Life {
  MemoryDisk& disk;
  const Settings& settings;
  const base::Clock& clock;
  const Ground& ground;
};

// One life of a store that ends in the dark. False: it could not be opened.
bool live_and_lose_power(const Life& life, std::uint64_t seed, MemoryDisk::Survives survives,
                         Promised& promised) {
  std::mt19937_64 random(seed);
  Pace pace;
  pace.checkpoint_frames = 10 + static_cast<int>(random() % 60);
  auto store = StoreOpener::open(life.settings, life.clock, life.ground, pace);
  if (!store) {
    ADD_FAILURE() << store.error().message;
    return false;
  }
  const std::size_t until = promised.count() + random() % 120;
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < kThreads; ++i)
    threads.emplace_back([&, i, own = random()] {
      add_until_dark(**store, std::to_string(seed) + "-" + std::to_string(i), own, promised);
    });
  while (promised.count() < until) std::this_thread::yield();
  for (std::uint64_t spin = random() % 20'000; spin > 0; --spin)
    std::atomic_signal_fence(std::memory_order_seq_cst);
  life.disk.cut_power(seed, survives);
  for (std::thread& thread : threads) thread.join();
  store->reset();
  life.disk.restore_power();
  return true;
}

// How many of the promised are gone or changed.
std::size_t count_lost(const Life& life, const std::set<std::string>& promised) {
  auto store = StoreOpener::open(life.settings, life.clock, Ground{.vfs = life.disk.vfs()}, {});
  if (!store) return promised.size();
  std::atomic<std::size_t> lost{0};
  for (const std::string& key : promised) {
    (*store)->show(key, [&lost, &key](const auto& found) {
      if (!found || !*found || (*found)->note == "damaged" || (*found)->event.key != key) ++lost;
    });
  }
  store->reset();  // answers first
  return lost;
}

// Lives of one file, ten after each other, then a new disk.
std::size_t lose_power(std::uint64_t times, std::uint64_t seed, bool no_sync) {
  StandingClock clock;
  std::size_t lost = 0;
  std::size_t kept = 0;
  Folder folder;
  for (std::uint64_t done = 0; done < times;) {
    MemoryDisk disk;
    const Settings settings = at_path(folder.file());
    Ground ground{.vfs = disk.vfs()};
    ground.insecure_no_sync_for_test = no_sync;
    const Life life{disk, settings, clock, ground};
    Promised promised;
    open_store(settings, clock, Ground{.vfs = disk.vfs()});  // the file itself is there for sure
    for (int in_row = 0; in_row < 10 && done < times; ++in_row, ++done) {
      const auto survives =
          (seed + done) % 3 == 0 ? MemoryDisk::Survives::nothing : MemoryDisk::Survives::something;
      if (no_sync && in_row > 0) break;  // a torn file need not open again
      if (!live_and_lose_power(life, seed + done, survives, promised)) return lost + 1;
      const std::size_t now = count_lost(life, promised.keys());
      if (now > 0 && !no_sync) ADD_FAILURE() << now << " lost: CALLGATE_SEED=" << seed + done;
      lost += now;
    }
    kept += promised.count();
  }
  std::cout << times << " power losses from seed " << seed << ": " << kept << " promised, " << lost
            << " lost\n";
  return lost;
}

TEST(PowerLoss, LosesNothingThatWasPromised) {
  const std::uint64_t seed = number_from("CALLGATE_SEED", std::random_device{}());
  EXPECT_EQ(lose_power(scaled(10'000), seed, false), 0U);
}

// Two requests, the first of two events. What went wrong; empty: nothing.
std::string make_and_use(const Life& life, Promised& promised) {
  Pace pace;
  pace.checkpoint_frames = 5;
  auto store = StoreOpener::open(life.settings, life.clock, life.ground, pace);
  if (!store) return store.error().message;
  Asked ask(**store);
  auto added = ask.add(request({event("a", "1", 9000), event("b", "2")}));
  if (!added) return added.error().message;
  promised.add("1");
  promised.add("2");
  added = ask.add(one("a", "3"));
  if (!added) return added.error().message;
  promised.add("3");
  return {};
}

TEST(PowerLoss, AtEachOperationOfALifeFromTheFirst) {
  const std::uint64_t seed = number_from("CALLGATE_SEED", std::random_device{}());
  StandingClock clock;
  Folder folder;
  bool is_dark = true;
  std::uint64_t n = 0;
  while (is_dark) {
    ++n;
    for (std::uint64_t run = 0; run < 1 + scaled(100); ++run) {
      MemoryDisk disk;
      const Settings settings = at_path(folder.file());
      const Ground ground{.vfs = disk.vfs()};
      const Life life{disk, settings, clock, ground};
      Promised promised;
      disk.cut_power_at(n, seed + run,
                        run == 0 ? MemoryDisk::Survives::nothing : MemoryDisk::Survives::something);
      make_and_use(life, promised);
      is_dark = !disk.has_power();
      disk.restore_power();
      ASSERT_EQ(count_lost(life, promised.keys()), 0U) << "operation " << n << ", seed " << seed + run;
      Promised later;
      ASSERT_EQ(make_and_use(life, later), "") << "operation " << n << ", seed " << seed + run;
    }
  }
  EXPECT_GT(n, 20U);
  std::cout << n << " operations\n";
}

// The system says once that it could not sync the log, and from then on that all is well: it shows bytes that
// are not on the disk. While the store takes up the file again, the power goes.
TEST(PowerLoss, AfterAFailedSyncWhileItRecovers) {
  const std::uint64_t seed = number_from("CALLGATE_SEED", std::random_device{}());
  StandingClock clock;
  const Folder folder;
  const Settings settings = at_path(folder.file());
  Pace pace;
  pace.retry = 1ms;
  pace.checkpoint_frames = 10;
  for (std::uint64_t run = 0; run < 100 + scaled(2000); ++run) {
    MemoryDisk disk;
    const Ground ground{.vfs = disk.vfs()};
    const Life life{disk, settings, clock, ground};
    Promised promised;
    auto store = open_store(settings, clock, ground, pace);
    Asked ask(*store);
    for (int i = 0; i < 4; ++i) {
      const std::string key = std::to_string(i);
      if (ask.add(request({event("a", key, 5000), event("b", key + "b", 9000)}))) promised.add(key);
    }
    std::mt19937_64 random(seed + run);
    disk.fail_sync_at(1 + random() % 12);
    bool is_cut_set = false;
    for (int i = 0; disk.has_power(); ++i) {
      const std::string key = "later" + std::to_string(i);
      if (ask.add(request({event("a", key, 5000), event("b", key + "b", 9000)}))) {
        promised.add(key);
      } else {
        std::this_thread::yield();
      }
      // It may have been the sync of a checkpoint, which no add is told of.
      if (disk.has_failed() && !std::exchange(is_cut_set, true))
        disk.cut_power_at(1 + random() % 60, seed + run, MemoryDisk::Survives::something);
    }
    store.reset();
    disk.restore_power();
    ASSERT_EQ(count_lost(life, promised.keys()), 0U) << "CALLGATE_SEED=" << seed << ", run " << run;
    Connection connection(folder.file(), disk.vfs());
    connection.execute("PRAGMA locking_mode = EXCLUSIVE");
    ASSERT_EQ(connection.ask("PRAGMA integrity_check"), "ok") << "CALLGATE_SEED=" << seed << ", run " << run;
  }
}

TEST(PowerLoss, ThisTestWouldSeeAStoreThatDoesNotSync) {
  const std::uint64_t seed = number_from("CALLGATE_SEED", std::random_device{}());
  EXPECT_GT(lose_power(20, seed, true), 0U);
}

}  // namespace
}  // namespace callgate::store_sqlite
