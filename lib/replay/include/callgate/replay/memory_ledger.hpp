// SPDX-License-Identifier: Apache-2.0
#pragma once
// Uses of tokens in the memory of this process. Any thread may call; a claim locks one of the shards for less
// than a microsecond or two. Callbacks are called on the caller's thread before the call returns; waits end
// on the thread that settles, gives back, or clears away what they waited for.
//
// A record is one use: 104 bytes and 4 to 8 of index, about 109 MB at the default of 1,000,000 records. It
// stays until the wall clock is past `forget_after` and the monotonic clock is past the life that the token
// had left at the claim, so that a jump of the clock, either way, makes no captured token new again; and for
// as long as its lease. No record goes before that: a shard that holds its share refuses further uses
// (replay_store_unavailable). Digests spread evenly: of many records the first shard is full at 97 % or more.
// Each claim looks at a few records and clears away those that may go; a shard without records holds no
// memory.

#include <callgate/replay/store.hpp>
#include <cstddef>
#include <memory>

namespace callgate::replay {

class MemoryLedger final : public ReplayStore {
 public:
  struct Settings {
    std::size_t records_max = 1'000'000;
    std::size_t waiters_max = 10'000;  // in all; 16 for one use
    std::size_t shards = 64;           // at most; rounded down to a power of two
    // Each shard has an equal share of records_max and does not borrow: the more records share one, the
    // fuller all are when the first is full (from 96 % on; a ledger of one shard takes them all).
    std::size_t shard_records_min = 4'096;
  };

  MemoryLedger() : MemoryLedger(Settings{}) {}
  explicit MemoryLedger(const Settings& settings);
  // Nobody calls any more. Those still waiting are dropped uncalled.
  ~MemoryLedger() override;

  void claim(const Use& use, Moment now, OnClaimed on_claimed) override;
  void settle(const Ticket& ticket, int status, OnDone on_done) override;
  void give_back(const Ticket& ticket, OnDone on_done) override;
  void await(const TokenKey& token, const BodyMark& body, OnAwaited on_awaited) override;

  // Clears away what may go among the next `looks` places, for a timer: without claims nothing else does.
  // Locks for short stretches. How many records went.
  std::size_t prune(Moment now, std::size_t looks);

  // Held now, also those that may go but were not cleared away yet.
  std::size_t records() const;
  std::size_t records_max() const;
  std::size_t waiters() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace callgate::replay
