// SPDX-License-Identifier: Apache-2.0
#include "shard.hpp"

#include <algorithm>

namespace callgate::replay {
namespace {

using refusal::Reason;
using refusal::Refusal;

// Places that a claim looks at: dead records then take up about an eighth of the table, and a claim stays
// short. In a full table it looks harder before it refuses.
constexpr std::size_t kLooks = 8;
constexpr std::size_t kLooksWhenFull = 64;
constexpr std::size_t kWaitersPerRecordMax = 16;
// Longer lives than the monotonic clock can count are left to the wall clock.
constexpr std::chrono::hours kLifeMax{24 * 365 * 10};

bool may_go(const Record& record, Moment now) {
  if (now.wall < record.forget_wall || now.mono < record.forget_mono) return false;
  return !record.is_pending() || now.mono >= record.lease_until;
}

// How long the token can still be taken, at the most: from its making if it says when, for our own clock may
// be ahead.
base::MonoTime::duration life_of(const Use& use, Moment now) {
  const base::WallTime from = std::min(now.wall, use.made_at.value_or(now.wall));
  return std::min<std::chrono::microseconds>(use.forget_after - from, kLifeMax);
}

// Rounded up: who waits that long finds the lease over.
std::chrono::milliseconds left_of(base::MonoTime until, Moment now) {
  return std::chrono::ceil<std::chrono::milliseconds>(until - now.mono);
}

Refusal replayed(Mode mode) {
  if (mode == Mode::enforce)
    return {Reason::token_replayed, "the token was used before with another body or on another route"};
  return {Reason::token_replayed, "the token was used before with " + std::to_string(kObservedBodiesMax) +
                                      " different bodies; no further one is let through"};
}

}  // namespace

Outcome Shard::claim(const Use& use, Moment now, Ended& ended) {
  prune(now, kLooks, ended);
  if (now.wall >= use.forget_after)
    return Refusal{Reason::token_expired, "the token expired while its request was on its way"};
  const Found found = find(use, now, ended);
  if (found.same != kNone) return meet(use, now, table_.at(found.same));
  if (found.others > 0 && (use.mode == Mode::enforce || found.others >= kObservedBodiesMax))
    return replayed(use.mode);
  return add(use, now, found.others, ended);
}

Shard::Found Shard::find(const Use& use, Moment now, Ended& ended) {
  Found found;
  for (Place place = table_.first_of(use.token.bytes()); place != kNone;) {
    const Place next = table_.next_of(place);
    if (may_go(table_.at(place), now)) {
      erase(place, ended);
    } else if (table_.at(place).body == use.body.bytes()) {
      found.same = place;
    } else {
      ++found.others;
    }
    place = next;
  }
  return found;
}

// The use is there: settled, in work, or left behind by somebody whose lease is over. Who waits goes on
// waiting, for the one who takes its place.
Outcome Shard::meet(const Use& use, Moment now, Record& record) {
  if (!record.is_pending()) return Repeat{record.status};
  if (now.mono < record.lease_until)
    return Pending{.here = true, .lease_left = left_of(record.lease_until, now)};
  record.lease_until = now.mono + use.lease;
  record.fence = ++last_fence_;
  return First{Ticket{use.token, use.body, record.fence}};
}

Outcome Shard::add(const Use& use, Moment now, std::size_t others, Ended& ended) {
  if (table_.is_full()) prune(now, kLooksWhenFull, ended);
  if (table_.is_full())
    return Refusal{Reason::replay_store_unavailable, "the record of used tokens is full; send again soon"};
  Record record;
  record.token = use.token.bytes();
  record.body = use.body.bytes();
  record.forget_wall = use.forget_after;
  record.forget_mono = now.mono + life_of(use, now);
  record.lease_until = now.mono + use.lease;
  record.fence = ++last_fence_;
  table_.insert(record);
  return First{Ticket{use.token, use.body, record.fence}, others};
}

bool Shard::settle(const Ticket& ticket, int status, Ended& ended) {
  const Place place = find_held(ticket);
  if (place == kNone) return false;
  table_.at(place).fence = 0;
  table_.at(place).status = static_cast<std::uint16_t>(status);
  end_waits(place, {Awaited::What::settled, status}, ended);
  return true;
}

bool Shard::give_back(const Ticket& ticket, Ended& ended) {
  const Place place = find_held(ticket);
  if (place == kNone) return false;
  erase(place, ended);
  return true;
}

std::optional<Awaited> Shard::await(const TokenKey& token, const BodyMark& body,
                                    ReplayStore::OnAwaited& on_awaited) {
  const Place place = find_place(token, body);
  if (place == kNone) return Awaited{Awaited::What::open};
  Record& record = table_.at(place);
  if (!record.is_pending()) return Awaited{Awaited::What::settled, record.status};
  auto& waiters = waiting_[place];
  if (waiters.size() >= kWaitersPerRecordMax) return Awaited{Awaited::What::unavailable};
  waiters.push_back(std::move(on_awaited));
  record.has_waiters = true;
  return std::nullopt;
}

std::size_t Shard::prune(Moment now, std::size_t looks, Ended& ended) {
  const std::size_t before = table_.size();
  for (std::size_t left = std::min(looks, table_.places()); left > 0; --left) {
    const Place place = table_.turn_hand();
    if (place != kNone && may_go(table_.at(place), now)) erase(place, ended);
  }
  return before - table_.size();
}

Shard::Place Shard::find_place(const TokenKey& token, const BodyMark& body) {
  Place place = table_.first_of(token.bytes());
  while (place != kNone && table_.at(place).body != body.bytes()) place = table_.next_of(place);
  return place;
}

Shard::Place Shard::find_held(const Ticket& ticket) {
  const Place place = find_place(ticket.token, ticket.body);
  if (place == kNone || !table_.at(place).is_pending() || table_.at(place).fence != ticket.fence)
    return kNone;
  return place;
}

void Shard::erase(Place place, Ended& ended) {
  end_waits(place, {Awaited::What::open}, ended);
  table_.erase(place);
}

void Shard::end_waits(Place place, Awaited awaited, Ended& ended) {
  if (!std::exchange(table_.at(place).has_waiters, false)) return;
  const auto found = waiting_.find(place);
  for (auto& on_awaited : found->second) ended.emplace_back(std::move(on_awaited), awaited);
  waiting_.erase(found);
}

}  // namespace callgate::replay
