// SPDX-License-Identifier: Apache-2.0
// The ledger under random schedules of claims, answers, failures, waits, idle time and jumps of the wall
// clock, beside a simple model that knows which records must be there and which may be gone.
// CALLGATE_SCALE percent of 10^6 schedules (default 1), CALLGATE_SEED for the first one; a schedule that
// fails prints its own seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <callgate/replay/memory_ledger.hpp>
#include <cstdlib>
#include <iostream>
#include <list>
#include <random>
#include <vector>

#include "uses.hpp"

namespace callgate::replay {
namespace {

using What = Awaited::What;
using std::chrono::milliseconds;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Digests are made once.
const TokenKey& token_key(std::size_t number) {
  static std::vector<TokenKey> keys;
  while (keys.size() <= number) keys.push_back(token(keys.size()));
  return keys[number];
}
const BodyMark& body_mark(std::size_t number) {
  static std::vector<BodyMark> marks;
  while (marks.size() <= number) marks.push_back(body(marks.size()));
  return marks[number];
}

// What the issuer made, by a clock that is right.
struct Minted {
  std::size_t number;
  base::WallTime made_at;
  base::WallTime forget_after;
  Mode mode;
};

// One use as the model sees it.
struct Entry {
  std::size_t token;
  std::size_t body;
  base::WallTime forget_wall;
  base::MonoTime forget_mono;
  base::MonoTime forget_mono_latest;  // differs where the model cannot tell an old record from a new one
  base::MonoTime lease_until;
  bool says_when;  // the token's making was given with the claim
  std::uint64_t fence;
  std::optional<int> status{};  // once settled
  bool may_be_gone = false;     // it might have been cleared away at some moment since
  std::vector<std::size_t> waiters{};

  bool may_go(Moment now) const {
    return now.wall >= forget_wall && now.mono >= forget_mono && (status || now.mono >= lease_until);
  }
  bool must_go(Moment now) const { return may_go(now) && now.mono >= forget_mono_latest; }
};

struct Told {
  std::size_t waiter;
  Awaited awaited;
};

struct Held {
  std::size_t token;
  std::size_t body;
  Ticket ticket;
};

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : random_(seed), ledger_(settings()) {
    for (Minted& minted : minted_) minted = mint();
    tokens_ = 1 + below(minted_.size());
    bodies_ = below(3) == 0 ? 12 : 3;
  }

  // False as soon as something does not hold; `broken` says what.
  bool run(std::array<std::uint64_t, kResultCount>& seen) {
    for (int step = 0; step < 120 && broken.empty(); ++step) {
      act(seen);
      check();
    }
    if (broken.empty()) finish();
    return broken.empty();
  }

  std::string broken;

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  MemoryLedger::Settings settings() {
    shards_ = std::size_t{1} << below(3);
    return {.records_max = shards_ * (1 + below(below(2) == 0 ? 4 : 40)),
            .waiters_max = waiters_max_ = below(2) == 0 ? 3U : 40U,
            .shards = shards_,
            .shard_records_min = 1};
  }

  Moment now() const { return {at(true_).wall + offset_, at(true_).mono}; }

  Minted mint() {
    return {next_number_++, at(true_).wall, at(true_ + kLife).wall,
            below(2) == 0 ? Mode::enforce : Mode::observe};
  }

  void act(std::array<std::uint64_t, kResultCount>& seen) {
    switch (below(16)) {
      case 0:
      case 1:
        return pass_time();
      case 2:
        offset_ = below(3) == 0 ? 0ms : milliseconds{below(1'200'000)} - 600s;  // somebody sets the clock
        return;
      case 3:
        minted_[below(tokens_)] = mint();
        return;
      case 4:
        return prune(1 + below(20));
      case 5:
      case 6:
        return settle_one();
      case 7:
        return give_one_back();
      case 8:
      case 9:
      case 10:
        return await_one();
      default:
        return claim_one(seen);
    }
  }

  void pass_time() {
    const milliseconds spans[] = {1ms, 1s, kLease, 100s, kLife, 1h};
    true_ += milliseconds{1 + below(static_cast<std::uint64_t>(spans[below(6)].count()))};
  }

  // ---- Claims ----

  void claim_one(std::array<std::uint64_t, kResultCount>& seen) {
    Minted& minted = minted_[below(tokens_)];
    if (now().wall >= minted.forget_after && below(4) != 0) minted = mint();
    const std::size_t body_number = below(bodies_);
    const bool says_when = below(4) != 0;
    const Use use{.token = token_key(minted.number),
                  .body = body_mark(body_number),
                  .mode = minted.mode,
                  .forget_after = minted.forget_after,
                  .made_at = says_when ? std::optional(minted.made_at) : std::nullopt,
                  .lease = kLease};
    note_what_may_go();
    const Outcome outcome = claim(ledger_, use, now());
    ++seen[static_cast<std::size_t>(result_of(outcome))];
    forget_the_told();
    if (now().wall >= minted.forget_after) {
      if (result_of(outcome) != Result::expired) broken = "a token past its life was not refused";
      return;
    }
    judge(minted, body_number, use, outcome);
  }

  void judge(const Minted& minted, std::size_t body_number, const Use& use, const Outcome& outcome) {
    Entry* same = find(minted.number, body_number);
    if (same != nullptr && fits(*same, outcome)) return meet(*same, use, outcome);
    if (same != nullptr && !same->may_be_gone) {
      broken = "a use that is there was answered with " + std::string(to_text(result_of(outcome)));
      return;
    }
    erase(same);
    judge_new(minted, body_number, use, outcome);
  }

  // Whether the outcome is that of a use which is there.
  bool fits(const Entry& entry, const Outcome& outcome) const {
    if (entry.status) {
      const auto* repeat = std::get_if<Repeat>(&outcome);
      return repeat != nullptr && repeat->status == *entry.status;
    }
    if (now().mono >= entry.lease_until) return result_of(outcome) == Result::first;
    const auto* pending = std::get_if<Pending>(&outcome);
    return pending != nullptr && pending->here && pending->lease_left == entry.lease_until - now().mono;
  }

  void meet(Entry& entry, const Use& use, const Outcome& outcome) {
    if (const auto* first = std::get_if<First>(&outcome)) {
      if (first->ticket.fence <= entry.fence) broken = "a fence that does not grow";
      // A lapsed use was taken up; or it was gone, and is new.
      if (entry.may_be_gone) {
        entry.forget_mono_latest = std::max(entry.forget_mono_latest, forget_mono_of(use));
        entry.says_when = entry.says_when && use.made_at;
      }
      entry.fence = first->ticket.fence;
      entry.lease_until = now().mono + kLease;
      tickets_.push_back({entry.token, entry.body, first->ticket});
    }
    entry.may_be_gone = false;
  }

  base::MonoTime forget_mono_of(const Use& use) const {
    return now().mono + (use.forget_after - std::min(now().wall, use.made_at.value_or(now().wall)));
  }

  void judge_new(const Minted& minted, std::size_t body_number, const Use& use, const Outcome& outcome) {
    std::size_t there = 0;
    std::size_t perhaps = 0;
    for (const Entry& entry : entries_) {
      if (entry.token == minted.number) ++(entry.may_be_gone ? perhaps : there);
    }
    const std::size_t bodies_max = minted.mode == Mode::enforce ? 1 : kObservedBodiesMax;
    switch (result_of(outcome)) {
      case Result::first:
      case Result::other_body:
        if (there >= bodies_max) broken = "another body got in";
        return add(minted, body_number, use, std::get<First>(outcome), there, perhaps);
      case Result::replayed:
        if (there + perhaps < bodies_max) broken = "refused without an earlier body";
        return;
      case Result::unavailable:
        if (there >= bodies_max) broken = "full, and another body at that";
        if (count_that_can_be_there() < ledger_.records_max() / shards_) broken = "full without records";
        return;
      default:
        broken = "a new use was answered with " + std::string(to_text(result_of(outcome)));
    }
  }

  void add(const Minted& minted, std::size_t body_number, const Use& use, const First& first,
           std::size_t there, std::size_t perhaps) {
    if (first.other_bodies < there || first.other_bodies > there + perhaps) broken = "miscounted bodies";
    // Whatever our clock said: by the right time the token's life is not over, and it was answered for.
    for (const auto& [number, body] : answered_) {
      if (number == minted.number && at(true_).wall < minted.forget_after &&
          (body == body_number || minted.mode == Mode::enforce))
        broken = "a captured token passed again within its life";
    }
    entries_.push_back({.token = minted.number,
                        .body = body_number,
                        .forget_wall = use.forget_after,
                        .forget_mono = forget_mono_of(use),
                        .forget_mono_latest = forget_mono_of(use),
                        .lease_until = now().mono + kLease,
                        .says_when = use.made_at.has_value(),
                        .fence = first.ticket.fence});
    tickets_.push_back({minted.number, body_number, first.ticket});
  }

  // ---- Tickets ----

  // Any that was ever given, the newest ones more often.
  const Held* any_ticket() {
    if (tickets_.empty()) return nullptr;
    const std::size_t back = below(below(2) == 0 ? 2 : tickets_.size()) % tickets_.size();
    return &tickets_[tickets_.size() - 1 - back];
  }

  // The entry for which the ticket counts; null: none.
  Entry* held_by(const Held& held) {
    Entry* entry = find(held.token, held.body);
    return entry != nullptr && !entry->status && entry->fence == held.ticket.fence ? entry : nullptr;
  }

  void settle_one() {
    const Held* held = any_ticket();
    if (held == nullptr) return;
    const int status = 200 + static_cast<int>(below(400));
    Entry* entry = held_by(*held);
    const bool counted = settle(ledger_, held->ticket, status);
    if (!ends_well(entry, counted, {What::settled, status})) return;
    entry->status = status;
    entry->may_be_gone = false;
    if (entry->says_when) answered_.emplace_back(held->token, held->body);
  }

  void give_one_back() {
    const Held* held = any_ticket();
    if (held == nullptr) return;
    Entry* entry = held_by(*held);
    const bool counted = give_back(ledger_, held->ticket);
    if (!ends_well(entry, counted, {What::open})) return;
    erase(entry);
  }

  // Whether the ticket counted; if so, all who waited must have been told, and nobody else.
  bool ends_well(Entry* entry, bool counted, Awaited awaited) {
    if (counted && entry == nullptr) broken = "a ticket of the past counted";
    if (!counted && entry != nullptr) {
      if (!entry->may_be_gone) broken = "a ticket did not count";
      erase(entry);
    }
    std::vector<std::size_t> waiters;
    if (counted && entry != nullptr) waiters.swap(entry->waiters);
    for (const Told& told : told_) {
      if (std::erase(waiters, told.waiter) == 0) broken = "somebody else was told";
      if (told.awaited != awaited) broken = "the wrong outcome was told";
    }
    if (!waiters.empty()) broken = "somebody who waits was not told";
    told_.clear();
    return counted && broken.empty();
  }

  // ---- Waits ----

  void await_one() {
    const std::size_t number = minted_[below(tokens_)].number;
    const std::size_t body_number = below(bodies_);
    const std::size_t waiter = times_told_.size();
    times_told_.push_back(0);
    const std::size_t waiting = ledger_.waiters();
    ledger_.await(token_key(number), body_mark(body_number), [this, waiter](Awaited awaited) {
      ++times_told_[waiter];
      told_.push_back({waiter, awaited});
    });
    Entry* entry = find(number, body_number);
    if (told_.empty()) {
      if (entry == nullptr || entry->status) {
        broken = "a wait for nothing";
      } else {
        entry->waiters.push_back(waiter);
        entry->may_be_gone = false;
      }
      return;
    }
    check_told_at_once(entry, waiting);
    told_.clear();
  }

  void check_told_at_once(Entry* entry, std::size_t waiting) {
    const Awaited awaited = told_.front().awaited;
    const bool is_crowded = waiting >= waiters_max_ || (entry != nullptr && entry->waiters.size() >= 16);
    if ((awaited.what == What::unavailable) != is_crowded) broken = "turned away without a crowd, or not";
    if (awaited.what == What::open && entry != nullptr) {
      if (!entry->may_be_gone) broken = "told that a use in work is open";
      erase(entry);
    }
    if (awaited.what == What::settled) {
      if (entry == nullptr || entry->status != awaited.status) broken = "told a wrong status";
      if (entry != nullptr) entry->may_be_gone = false;
    }
  }

  // ---- Clearing away ----

  // Claims and pruning may clear away any record that may go at that moment.
  void note_what_may_go() {
    for (Entry& entry : entries_) entry.may_be_gone = entry.may_be_gone || entry.may_go(now());
  }

  void prune(std::size_t looks) {
    note_what_may_go();
    if (ledger_.prune(now(), looks) > looks) broken = "more went than was looked at";
    forget_the_told();
  }

  // Whoever was told so without a ticket waited for a record that may go.
  void forget_the_told() {
    for (const Told& told : told_) {
      const auto entry = std::find_if(entries_.begin(), entries_.end(), [&](const Entry& e) {
        return std::find(e.waiters.begin(), e.waiters.end(), told.waiter) != e.waiters.end();
      });
      if (told.awaited != Awaited{What::open} || entry == entries_.end() || !entry->may_go(now())) {
        broken = "a wait ended that should go on";
        return;
      }
      std::erase(entry->waiters, told.waiter);
      if (entry->waiters.empty()) entries_.erase(entry);
    }
    told_.clear();
    for (Entry& entry : entries_) entry.may_be_gone = entry.may_be_gone && entry.waiters.empty();
  }

  // ---- What must always hold ----

  Entry* find(std::size_t token_number, std::size_t body_number) {
    for (Entry& entry : entries_) {
      if (entry.token == token_number && entry.body == body_number) return &entry;
    }
    return nullptr;
  }

  void erase(const Entry* entry) {
    entries_.remove_if([&](const Entry& e) { return &e == entry; });
  }

  std::size_t count_that_can_be_there() const {
    return static_cast<std::size_t>(std::count_if(entries_.begin(), entries_.end(),
                                                  [this](const Entry& e) { return !e.must_go(now()); }));
  }

  void check() {
    if (!broken.empty()) return;
    const std::size_t records = ledger_.records();
    const auto must = static_cast<std::size_t>(
        std::count_if(entries_.begin(), entries_.end(), [](const Entry& e) { return !e.may_be_gone; }));
    if (records > ledger_.records_max()) broken = "more records than there may be";
    if (records < must || records > entries_.size()) broken = "records lost or made up";
    std::size_t waiting = 0;
    for (const Entry& entry : entries_) waiting += entry.waiters.size();
    if (ledger_.waiters() != waiting) broken = "lost track of who waits";
  }

  // Long after, nothing is left, and whoever waited was told once.
  void finish() {
    true_ += 100h;
    offset_ = 0ms;
    for (int i = 0; i < 100 && ledger_.records() > 0; ++i) ledger_.prune(now(), 100);
    if (ledger_.records() != 0) broken = "records stay for ever";
    if (ledger_.waiters() != 0) broken = "somebody waits for ever";
    for (const int times : times_told_) {
      if (times != 1) broken = "a wait was told " + std::to_string(times) + " times";
    }
  }

  std::mt19937_64 random_;
  std::size_t shards_ = 1;
  std::size_t waiters_max_ = 0;
  MemoryLedger ledger_;
  milliseconds true_{0};    // since the beginning: the right time, and the monotonic one
  milliseconds offset_{0};  // how far our wall clock is ahead
  std::size_t next_number_ = 0;
  std::array<Minted, 4> minted_{};
  std::size_t tokens_ = 0;  // how many of them are used
  std::size_t bodies_ = 0;
  std::list<Entry> entries_;
  std::vector<Held> tickets_;
  std::vector<std::pair<std::size_t, std::size_t>> answered_;  // settled uses of tokens that say when
  std::vector<int> times_told_;                                // by waiter
  std::vector<Told> told_;                                     // by the last call
};

TEST(MemoryLedgerSchedules, WhatMustHoldHoldsAtEveryStep) {
  const std::uint64_t scale = number_from("CALLGATE_SCALE", 1);
  const std::uint64_t first = number_from("CALLGATE_SEED", std::random_device{}());
  const std::uint64_t count = 10'000 * scale;
  std::cout << count << " schedules from seed " << first << "\n";
  std::array<std::uint64_t, kResultCount> seen{};
  for (std::uint64_t i = 0; i < count; ++i) {
    Schedule schedule(first + i);
    ASSERT_TRUE(schedule.run(seen)) << schedule.broken << "; CALLGATE_SEED=" << first + i << " repeats it";
  }
  for (std::size_t i = 0; i < kResultCount; ++i)
    std::cout << to_text(static_cast<Result>(i)) << " " << seen[i] << (i + 1 < kResultCount ? ", " : "\n");
  EXPECT_GT(*std::min_element(seen.begin(), seen.end()), count / 10) << "the schedules miss an outcome";
}

}  // namespace
}  // namespace callgate::replay
