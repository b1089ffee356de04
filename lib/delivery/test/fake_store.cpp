// SPDX-License-Identifier: Apache-2.0
#include "fake_store.hpp"

#include <algorithm>
#include <type_traits>

namespace callgate::delivery {

// ---- Waiting ----

template <class T, class Act>
void FakeStore::wait(Done<T> done, Act act) {
  waiting_.push_back([done = std::move(done), act = std::move(act)](End end) -> std::function<void()> {
    base::Result<T> result = base::fail("the store failed, as the test wanted");
    if constexpr (std::is_void_v<T>) {
      if (end != End::refused) act();
      if (end == End::well) result = {};
    } else {
      std::optional<T> value;
      if (end != End::refused) value = act();
      if (end == End::well) result = std::move(*value);
    }
    return [done, result = std::move(result)] { done(result); };
  });
}

void FakeStore::run_untold(End end) {
  const Operation first = std::move(waiting_.front());
  waiting_.pop_front();
  untold_.push_back(first(end));
}

void FakeStore::tell(std::size_t which) {
  const auto told = std::move(untold_[which]);
  untold_.erase(untold_.begin() + static_cast<std::ptrdiff_t>(which));
  told();
}

void FakeStore::run(End end) {
  run_untold(end);
  tell(untold_.size() - 1);
}

void FakeStore::run_all() {
  while (!waiting_.empty()) run();
}

void FakeStore::crash(std::size_t stored) {
  for (; stored > 0 && !waiting_.empty(); --stored) run_untold();
  waiting_.clear();
  untold_.clear();
}

void FakeStore::add(Accepted accepted, Done<Added> done) {
  wait<Added>(std::move(done), [this, accepted = std::move(accepted)] { return do_add(accepted); });
}

void FakeStore::find_due(std::string route, base::WallTime now, std::size_t most, Done<Due> done) {
  wait<Due>(std::move(done), [this, route = std::move(route), now, most] {
    ++asked_;
    expire_leases(now);
    return due(route, now, most);
  });
}

void FakeStore::record(Report report, Done<void> done) {
  wait<void>(std::move(done), [this, report = std::move(report)] { do_record(report); });
}

void FakeStore::take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now,
                     Done<Lease> done) {
  wait<Lease>(std::move(done), [this, most, lease, now] { return do_take(most, lease, now); });
}

void FakeStore::ack(std::string lease, std::vector<std::string> keys, base::WallTime now,
                    Done<std::size_t> done) {
  wait<std::size_t>(std::move(done), [this, lease = std::move(lease), keys = std::move(keys), now] {
    return do_ack(lease, keys, now);
  });
}

void FakeStore::list(Filter filter, Done<std::vector<Stored>> done) {
  wait<std::vector<Stored>>(std::move(done), [this, filter = std::move(filter)] { return do_list(filter); });
}

void FakeStore::show(std::string key, Done<std::optional<Stored>> done) {
  wait<std::optional<Stored>>(std::move(done), [this, key = std::move(key)] {
    const Stored* found = find(key);
    return found == nullptr ? std::nullopt : std::optional(*found);
  });
}

void FakeStore::redeliver(std::string key, base::WallTime now, Done<bool> done) {
  wait<bool>(std::move(done), [this, key = std::move(key), now] { return do_redeliver(key, now); });
}

void FakeStore::forget(std::string call, Done<std::size_t> done) {
  wait<std::size_t>(std::move(done), [this, call = std::move(call)] { return do_forget(call); });
}

void FakeStore::stats(Done<Stats> done) {
  wait<Stats>(std::move(done), [this] { return do_stats(); });
}

// ---- Happening ----

const Stored* FakeStore::find(const std::string& key) const {
  const auto found = numbers_.find(key);
  return found == numbers_.end() ? nullptr : &events_.at(found->second);
}

void FakeStore::enqueue(const Stored& stored, base::WallTime due) {
  Lane& lane = lanes_[lane_of(stored)];
  const bool is_head = lane.queued.empty() || stored.number < *lane.queued.begin();
  lane.queued.insert(stored.number);
  if (is_head) lane.due = due;
  ++queued_;
}

void FakeStore::end(Stored& stored, State state, base::WallTime at) {
  stored.state = state;
  stored.ended_at = at;
  --queued_;
  const auto lane = lanes_.find(lane_of(stored));
  lane->second.queued.erase(stored.number);
  lane->second.due = at;
  if (lane->second.queued.empty()) lanes_.erase(lane);
}

Added FakeStore::do_add(const Accepted& accepted) {
  Added added;
  for (const NewEvent& event : accepted.events) {
    if (numbers_.contains(event.key)) {
      ++added.known;
      continue;
    }
    ++added.fresh;
    Stored stored;
    stored.number = ++last_number_;
    stored.passage = accepted.passage;
    stored.verdict = accepted.verdict;
    stored.event = event;
    numbers_[event.key] = stored.number;
    enqueue(stored, accepted.passage.received_at);
    events_.emplace_hint(events_.end(), stored.number, std::move(stored));
  }
  return added;
}

Due FakeStore::due(const std::string& route, base::WallTime now, std::size_t most) const {
  std::vector<std::pair<base::WallTime, std::int64_t>> heads;
  Due out;
  for (auto at = lanes_.lower_bound({route, ""}); at != lanes_.end() && at->first.first == route; ++at) {
    const Lane& lane = at->second;
    if (!lane.lease.empty() && lane.lent_until > now) continue;
    if (lane.due <= now || lane.due > now + kDueFarthest)
      heads.emplace_back(lane.due, *lane.queued.begin());
    else if (!out.next || lane.due < *out.next)
      out.next = lane.due;
  }
  std::sort(heads.begin(), heads.end());
  if (heads.size() > most) heads.resize(most);
  for (const auto& head : heads) out.heads.push_back(events_.at(head.second));
  return out;
}

void FakeStore::do_record(const Report& report) {
  const auto found = events_.find(report.number);
  if (found == events_.end() || found->second.state != State::queued) return;
  Stored& stored = found->second;
  stored.attempts = report.attempts;
  stored.first_tried_at = report.first_tried_at;
  stored.note = report.note;
  if (report.what == Report::What::again)
    lanes_.at(lane_of(stored)).due = report.due;
  else
    end(stored, report.what == Report::What::delivered ? State::delivered : State::dead, report.at);
}

// ---- Taking ----

void FakeStore::expire_leases(base::WallTime now) {
  for (auto lease = leases_.begin(); lease != leases_.end();) {
    if (lease->second.until > now) {
      ++lease;
      continue;
    }
    for (const std::int64_t number : lease->second.open) {
      Stored& stored = events_.at(number);
      ++stored.attempts;
      lanes_.at(lane_of(stored)).lease.clear();
    }
    lease = leases_.erase(lease);
  }
}

Lease FakeStore::do_take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now) {
  expire_leases(now);
  Lease out{.id = "lease_" + std::to_string(++leases_given_), .until = now + lease, .events = {}};
  for (const auto& [number, stored] : events_) {
    if (out.events.size() >= most) break;
    if (stored.state != State::queued) continue;
    Lane& lane = lanes_.at(lane_of(stored));
    if (!lane.lease.empty() && lane.lease != out.id) continue;
    lane.lease = out.id;
    lane.lent_until = out.until;
    out.events.push_back(stored);
    auto& lent = leases_[out.id];
    lent.until = out.until;
    lent.open.insert(number);
  }
  return out;
}

std::size_t FakeStore::do_ack(const std::string& lease, const std::vector<std::string>& keys,
                              base::WallTime now) {
  expire_leases(now);
  const auto found = leases_.find(lease);
  if (found == leases_.end()) return 0;
  std::size_t count = 0;
  const std::set<std::int64_t> open = found->second.open;
  for (const std::int64_t number : open) {
    Stored& stored = events_.at(number);
    if (!keys.empty() && std::find(keys.begin(), keys.end(), stored.event.key) == keys.end()) continue;
    found->second.open.erase(number);
    end(stored, State::taken, now);
    ++count;
  }
  for (auto& [name, lane] : lanes_) {
    if (lane.lease == lease && found->second.open.empty()) lane.lease.clear();
  }
  if (found->second.open.empty()) leases_.erase(found);
  return count;
}

// ---- For people ----

bool FakeStore::do_redeliver(const std::string& key, base::WallTime now) {
  const auto found = numbers_.find(key);
  if (found == numbers_.end()) return false;
  Stored& stored = events_.at(found->second);
  if (stored.state == State::queued) return false;
  stored.state = State::queued;
  stored.attempts = 0;
  stored.first_tried_at.reset();
  stored.ended_at.reset();
  stored.note.clear();
  enqueue(stored, now);
  return true;
}

std::size_t FakeStore::do_forget(const std::string& call) {
  std::size_t count = 0;
  for (auto at = events_.begin(); at != events_.end();) {
    Stored& stored = at->second;
    if (stored.event.call != call) {
      ++at;
      continue;
    }
    for (auto& [id, lease] : leases_) lease.open.erase(stored.number);
    if (stored.state == State::queued) end(stored, State::dead, {});
    numbers_.erase(stored.event.key);
    at = events_.erase(at);
    ++count;
  }
  return count;
}

std::vector<Stored> FakeStore::do_list(const Filter& filter) const {
  std::vector<Stored> out;
  for (auto at = events_.upper_bound(filter.after); at != events_.end() && out.size() < filter.most; ++at) {
    const Stored& stored = at->second;
    if (filter.state && stored.state != *filter.state) continue;
    if (!filter.call.empty() && stored.event.call != filter.call) continue;
    out.push_back(stored);
    out.back().event.body.clear();
    out.back().verdict.claims.clear();
  }
  return out;
}

Stats FakeStore::do_stats() const {
  Stats out;
  for (const auto& [number, stored] : events_) {
    if (stored.state == State::queued) {
      ++out.queued;
      out.oldest_queued_at =
          std::min(out.oldest_queued_at.value_or(stored.passage.received_at), stored.passage.received_at);
    }
    if (stored.state == State::delivered) ++out.delivered;
    if (stored.state == State::taken) ++out.taken;
    if (stored.state == State::dead) ++out.dead;
  }
  out.lanes = lanes_.size();
  return out;
}

}  // namespace callgate::delivery
