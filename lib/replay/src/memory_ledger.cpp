// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <atomic>
#include <bit>
#include <callgate/replay/memory_ledger.hpp>
#include <cstring>
#include <mutex>

#include "shard.hpp"

namespace callgate::replay {
namespace {

// How many places are looked at under one lock.
constexpr std::size_t kStretch = 256;

// On cache lines of its own: neighbours do not slow each other down.
struct alignas(64) LockedShard {
  explicit LockedShard(std::size_t capacity) : shard(capacity) {}
  std::mutex mutex;
  Shard shard;
};

std::size_t shards_of(const MemoryLedger::Settings& settings) {
  const std::size_t useful = std::max<std::size_t>(settings.records_max / settings.shard_records_min, 1);
  return std::bit_floor(std::clamp<std::size_t>(settings.shards, 1, useful));
}

}  // namespace

struct MemoryLedger::State {
  explicit State(const Settings& settings) : waiters_max(settings.waiters_max) {
    const std::size_t count = shards_of(settings);
    const std::size_t share =
        std::clamp<std::size_t>(settings.records_max / count, 1, RecordTable::kNone - 1);
    shards.reserve(count);
    while (shards.size() < count) shards.push_back(std::make_unique<LockedShard>(share));
  }

  // By the first bytes of the digest; the table of a shard goes by the next ones.
  LockedShard& shard_of(const TokenKey& token) const {
    std::uint64_t number = 0;
    std::memcpy(&number, token.bytes().data(), sizeof number);
    return *shards[number & (shards.size() - 1)];
  }

  // One step under the lock of the token's shard; then those whose wait ended are told.
  template <class Step>
  auto run(const TokenKey& token, const Step& step) {
    Shard::Ended ended;
    auto result = [&] {
      LockedShard& place = shard_of(token);
      const std::lock_guard lock(place.mutex);
      return step(place.shard, ended);
    }();
    tell(ended);
    return result;
  }

  void tell(const Shard::Ended& ended) {
    waiting -= ended.size();
    for (const auto& [on_awaited, awaited] : ended) on_awaited(awaited);
  }

  const std::size_t waiters_max;
  std::vector<std::unique_ptr<LockedShard>> shards;  // a power of two
  std::atomic<std::size_t> waiting{0};
  std::atomic<std::size_t> prune_next{0};
};

MemoryLedger::MemoryLedger(const Settings& settings) : state_(std::make_unique<State>(settings)) {}

MemoryLedger::~MemoryLedger() = default;

void MemoryLedger::claim(const Use& use, Moment now, OnClaimed on_claimed) {
  on_claimed(state_->run(use.token,
                         [&](Shard& shard, Shard::Ended& ended) { return shard.claim(use, now, ended); }));
}

void MemoryLedger::settle(const Ticket& ticket, int status, OnDone on_done) {
  const bool counted = state_->run(
      ticket.token, [&](Shard& shard, Shard::Ended& ended) { return shard.settle(ticket, status, ended); });
  if (on_done) on_done(counted);
}

void MemoryLedger::give_back(const Ticket& ticket, OnDone on_done) {
  const bool counted = state_->run(
      ticket.token, [&](Shard& shard, Shard::Ended& ended) { return shard.give_back(ticket, ended); });
  if (on_done) on_done(counted);
}

// The waiter is counted before it can be told, which any thread may do as soon as it is kept.
void MemoryLedger::await(const TokenKey& token, const BodyMark& body, OnAwaited on_awaited) {
  std::optional<Awaited> at_once = Awaited{Awaited::What::unavailable};
  if (++state_->waiting <= state_->waiters_max) {
    at_once =
        state_->run(token, [&](Shard& shard, Shard::Ended&) { return shard.await(token, body, on_awaited); });
  }
  if (!at_once) return;
  --state_->waiting;
  on_awaited(*at_once);
}

std::size_t MemoryLedger::prune(Moment now, std::size_t looks) {
  Shard::Ended ended;
  std::size_t gone = 0;
  std::size_t left = std::min(looks, records_max());
  for (std::size_t empty = 0; left > 0 && empty < state_->shards.size();) {
    LockedShard& place = *state_->shards[state_->prune_next++ & (state_->shards.size() - 1)];
    const std::lock_guard lock(place.mutex);
    const std::size_t stretch = std::min({left, kStretch, place.shard.places()});
    empty = stretch == 0 ? empty + 1 : 0;
    left -= stretch;
    gone += place.shard.prune(now, stretch, ended);
  }
  state_->tell(ended);
  return gone;
}

std::size_t MemoryLedger::records() const {
  std::size_t sum = 0;
  for (const auto& place : state_->shards) {
    const std::lock_guard lock(place->mutex);
    sum += place->shard.size();
  }
  return sum;
}

std::size_t MemoryLedger::records_max() const {
  return state_->shards.size() * state_->shards.front()->shard.capacity();
}

std::size_t MemoryLedger::waiters() const {
  return state_->waiting.load();
}

}  // namespace callgate::replay
