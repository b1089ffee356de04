// SPDX-License-Identifier: Apache-2.0
// Several threads over the same tokens: one alone is the first, whoever waits is told, and nothing is held in
// the end. Worth most under ThreadSanitizer.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <callgate/replay/memory_ledger.hpp>
#include <random>
#include <thread>
#include <vector>

#include "uses.hpp"

namespace callgate::replay {
namespace {

constexpr int kThreads = 4;

template <class Body>
void on_threads(const Body& body) {
  std::vector<std::thread> threads;
  threads.reserve(static_cast<std::size_t>(kThreads));
  for (int i = 0; i < kThreads; ++i) threads.emplace_back([&body, i] { body(i); });
  for (std::thread& thread : threads) thread.join();
}

TEST(MemoryLedgerThreads, ExactlyOneIsTheFirst) {
  constexpr std::uint64_t kRounds = 2'000;
  MemoryLedger ledger;
  std::vector<std::atomic<int>> firsts(kRounds);
  std::atomic<std::uint64_t> answered{0};
  std::barrier start(kThreads);
  on_threads([&](int) {
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      const Outcome outcome = claim(ledger, use(round, 0), at(0s));
      if (const auto* first = std::get_if<First>(&outcome)) {
        ++firsts[round];
        ++answered;
        EXPECT_TRUE(settle(ledger, first->ticket, 200));
      } else if (std::holds_alternative<Pending>(outcome)) {
        ledger.await(token(round), body(0), [&](Awaited awaited) {
          EXPECT_EQ(awaited, (Awaited{Awaited::What::settled, 200}));
          ++answered;
        });
      } else {
        EXPECT_EQ(result_of(outcome), Result::repeat);
        ++answered;
      }
    }
  });
  for (const auto& count : firsts) ASSERT_EQ(count, 1);
  EXPECT_EQ(answered, kThreads * kRounds);
  EXPECT_EQ(ledger.waiters(), 0U);
}

// Each different: under enforce one body of a token gets in.
TEST(MemoryLedgerThreads, OneBodyAloneGetsIn) {
  constexpr std::uint64_t kRounds = 2'000;
  MemoryLedger ledger;
  std::vector<std::atomic<int>> firsts(kRounds);
  std::barrier start(kThreads);
  on_threads([&](int thread) {
    for (std::uint64_t round = 0; round < kRounds; ++round) {
      start.arrive_and_wait();
      const Result result = claimed(ledger, use(round, static_cast<std::uint64_t>(thread)), at(0s));
      if (result == Result::first) ++firsts[round];
      EXPECT_TRUE(result == Result::first || result == Result::replayed) << to_text(result);
    }
  });
  for (const auto& count : firsts) ASSERT_EQ(count, 1);
}

// Few uses, claimed, given back, settled, awaited and forgotten by all threads in any order.
TEST(MemoryLedgerThreads, NoUseIsInTwoHandsAndNoWaitIsLost) {
  constexpr std::uint64_t kUses = 8;
  constexpr int kSteps = 20'000;
  MemoryLedger ledger({.records_max = 100, .waiters_max = 12, .shards = 4, .shard_records_min = 1});
  std::vector<std::atomic<int>> hands(kUses);
  std::atomic<std::uint64_t> asked{0};
  std::atomic<std::uint64_t> told{0};
  std::atomic<std::int64_t> now{0};  // milliseconds; a life is over after some steps
  on_threads([&](int thread) {
    std::mt19937_64 random(static_cast<std::uint64_t>(thread) + 1);
    for (int step = 0; step < kSteps; ++step) {
      const Moment moment = at(std::chrono::milliseconds{now += 1});
      const std::uint64_t number = random() % kUses;
      Use wanted = use(number, 0);
      wanted.lease = 24h;  // nobody is overtaken here
      wanted.forget_after = moment.wall + 50ms;
      const Outcome outcome = claim(ledger, wanted, moment);
      if (const auto* first = std::get_if<First>(&outcome)) {
        EXPECT_EQ(hands[number].fetch_add(1), 0) << "two hold one use";
        std::this_thread::yield();
        --hands[number];
        EXPECT_TRUE(random() % 2 == 0 ? settle(ledger, first->ticket, 200)
                                      : give_back(ledger, first->ticket));
      } else if (std::holds_alternative<Pending>(outcome)) {
        ++asked;
        ledger.await(wanted.token, wanted.body, [&](Awaited) { ++told; });
      }
      if (step % 64 == 0) ledger.prune(moment, 16);
    }
  });
  EXPECT_EQ(told, asked);
  EXPECT_EQ(ledger.waiters(), 0U);
  while (ledger.prune(at(24h), 1'000) > 0) {
  }
  EXPECT_EQ(ledger.records(), 0U);
}

}  // namespace
}  // namespace callgate::replay
