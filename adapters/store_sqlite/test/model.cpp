// SPDX-License-Identifier: Apache-2.0
#include "model.hpp"

#include <algorithm>

namespace callgate::store_sqlite {

using base::WallTime;
using delivery::State;
using delivery::Stored;

delivery::Added Model::add(const delivery::Accepted& accepted) {
  delivery::Added added;
  for (const delivery::NewEvent& event : accepted.events) {
    if (find(event.key) != nullptr) {
      ++added.known;
      continue;
    }
    ++added.fresh;
    const int lane = lane_of(accepted.passage.route, event.call);
    const auto before = head(lane);
    Event fresh;
    fresh.lane = lane;
    fresh.stored.number = ++last_number_;
    fresh.stored.passage = accepted.passage;
    fresh.stored.verdict = accepted.verdict;
    fresh.stored.event = event;
    Event& kept = events_[last_number_] = fresh;
    enter(kept, before, accepted.passage.received_at);
  }
  return added;
}

Model::Event* Model::find(const std::string& key) {
  for (auto& [number, event] : events_) {
    if (event.stored.event.key == key) return &event;
  }
  return nullptr;
}

// Numbered as rows are, so that lanes due at the same moment come in the same order.
int Model::lane_of(const std::string& route, const std::string& call) {
  if (std::find(routes_.begin(), routes_.end(), route) == routes_.end()) routes_.push_back(route);
  for (const auto& [id, lane] : lanes_) {
    if (lane.route == route && lane.call == call) return id;
  }
  const int id = lanes_.empty() ? 1 : lanes_.rbegin()->first + 1;
  lanes_[id] = {route, call, std::nullopt, ""};
  return id;
}

std::optional<std::int64_t> Model::head(int lane) const {
  for (const auto& [number, event] : events_) {
    if (event.lane == lane && event.stored.state == State::queued) return number;
  }
  return std::nullopt;
}

std::vector<int> Model::due_lanes(const std::string& route, WallTime now) const {
  std::vector<int> found;
  for (const auto& [id, lane] : lanes_) {
    if (lane.route == route && lane.due && head(id) &&
        (*lane.due <= now || *lane.due > now + delivery::kDueFarthest))
      found.push_back(id);
  }
  std::stable_sort(found.begin(), found.end(),
                   [this](int a, int b) { return lanes_.at(a).due < lanes_.at(b).due; });
  return found;
}

delivery::Due Model::find_due(const std::string& route, WallTime now, std::size_t most) {
  delivery::Due due;
  for (const int lane : due_lanes(route, now)) {
    if (due.heads.size() < most) due.heads.push_back(events_.at(*head(lane)).stored);
  }
  for (const auto& [id, lane] : lanes_) {
    if (lane.route != route || !lane.due || !head(id)) continue;
    if (*lane.due > now && *lane.due <= now + delivery::kDueFarthest && (!due.next || *lane.due < *due.next))
      due.next = lane.due;
  }
  return due;
}

// ---- Leases ----

bool Model::is_live(const std::string& lease, WallTime now) const {
  const auto found = leases_.find(lease);
  return found != leases_.end() && now < found->second && found->second <= now + delivery::kDueFarthest;
}

bool Model::is_lent(int lane, WallTime now) {
  const std::string lease = lanes_.at(lane).lease;
  if (lease.empty()) return false;
  if (is_live(lease, now)) return true;
  end_lease(lease);
  return false;
}

void Model::end_lease(const std::string& lease) {
  for (auto& [number, event] : events_) {
    if (event.lease != lease) continue;
    ++event.stored.attempts;
    event.stored.note = "lease ran out";
    event.lease.clear();
  }
  for (auto& [id, lane] : lanes_) {
    if (lane.lease != lease) continue;
    lane.lease.clear();
    if (!head(id)) lane.due.reset();
  }
  leases_.erase(lease);
}

void Model::release_if_over(const std::string& lease, WallTime at) {
  for (const auto& [number, event] : events_) {
    if (event.lease == lease) return;
  }
  for (auto& [id, lane] : lanes_) {
    if (lane.lease != lease) continue;
    lane.lease.clear();
    lane.due = head(id) ? std::optional(at) : std::nullopt;
  }
  leases_.erase(lease);
}

delivery::Lease Model::take(const std::string& id, std::size_t most, std::chrono::milliseconds lease,
                            WallTime now) {
  delivery::Lease lent{.id = id, .until = now + lease, .events = {}};
  std::vector<int> lanes;
  for (const std::string& route : routes_) {
    auto due = due_lanes(route, now);
    lanes.insert(lanes.end(), due.begin(), due.end());
  }
  std::stable_sort(lanes.begin(), lanes.end(),
                   [this](int a, int b) { return lanes_.at(a).due < lanes_.at(b).due; });
  for (const int lane : lanes) {
    if (lent.events.size() >= most) break;
    if (const std::string old = lanes_.at(lane).lease; !old.empty()) end_lease(old);
    for (auto& [number, event] : events_) {
      if (event.lane != lane || event.stored.state != State::queued || lent.events.size() >= most) continue;
      event.lease = id;
      if (!event.stored.first_tried_at) event.stored.first_tried_at = now;
      lent.events.push_back(event.stored);
    }
    lanes_.at(lane).lease = id;
    lanes_.at(lane).due = lent.until;
  }
  if (!lent.events.empty()) leases_[id] = lent.until;
  std::sort(lent.events.begin(), lent.events.end(),
            [](const Stored& a, const Stored& b) { return a.number < b.number; });
  return lent;
}

std::size_t Model::ack(const std::string& lease, const std::vector<std::string>& keys, WallTime now) {
  if (!is_live(lease, now)) return 0;
  std::size_t taken = 0;
  std::vector<std::string> wanted = keys;
  if (keys.empty()) {
    for (const auto& [number, event] : events_) wanted.push_back(event.stored.event.key);
  }
  for (const std::string& key : wanted) {
    Event* event = find(key);
    if (event == nullptr || event->lease != lease) continue;
    finish(*event, State::taken, now);
    ++taken;
  }
  return taken;
}

// ---- Ways in and out of a lane ----

void Model::enter(Event& event, std::optional<std::int64_t> head_before, WallTime at) {
  const bool becomes_head = !head_before || event.stored.number < *head_before;
  if (becomes_head && !is_lent(event.lane, at)) lanes_.at(event.lane).due = at;
}

void Model::leave(int lane, const std::string& lease, bool was_head, WallTime at) {
  if (!is_lent(lane, at)) {
    if (!head(lane)) {
      lanes_.at(lane).due.reset();
    } else if (was_head) {
      lanes_.at(lane).due = at;
    }
  }
  if (!lease.empty()) release_if_over(lease, at);
}

void Model::finish(Event& event, State state, WallTime at) {
  const bool was_head = head(event.lane) == event.stored.number;
  event.stored.state = state;
  event.stored.ended_at = at;
  const std::string lease = event.lease;
  event.lease.clear();
  leave(event.lane, lease, was_head, at);
}

void Model::record(const delivery::Report& report) {
  const auto found = events_.find(report.number);
  if (found == events_.end() || found->second.stored.state != State::queued) return;
  Event& event = found->second;
  const bool again = report.what == delivery::Report::What::again;
  if (again && head(event.lane) == report.number && !is_lent(event.lane, report.at))
    lanes_.at(event.lane).due = report.due;
  event.stored.attempts = report.attempts;
  event.stored.first_tried_at = report.first_tried_at;
  event.stored.note = report.note;
  if (again) return;
  finish(event, report.what == delivery::Report::What::dead ? State::dead : State::delivered, report.at);
}

bool Model::redeliver(const std::string& key, WallTime now) {
  Event* event = find(key);
  if (event == nullptr || event->stored.state == State::queued) return false;
  const auto before = head(event->lane);
  event->stored.state = State::queued;
  event->stored.attempts = 0;
  event->stored.first_tried_at.reset();
  event->stored.ended_at.reset();
  event->stored.note.clear();
  enter(*event, before, now);
  return true;
}

std::size_t Model::forget(const std::string& call, WallTime now) {
  std::size_t gone = 0;
  for (auto next = events_.begin(); next != events_.end();) {
    const auto here = next++;
    if (here->second.stored.event.call != call) continue;
    const Event event = here->second;
    const bool was_head = head(event.lane) == event.stored.number;
    events_.erase(here);
    if (event.stored.state == State::queued) leave(event.lane, event.lease, was_head, now);
    ++gone;
  }
  std::erase_if(lanes_, [&](const auto& entry) { return entry.second.call == call; });
  return gone;
}

// ---- For people ----

Stored Model::seen(const Event& event, WallTime now) const {
  Stored stored = event.stored;
  if (is_live(event.lease, now)) stored.lent_until = leases_.at(event.lease);
  return stored;
}

std::vector<Stored> Model::list(const delivery::Filter& filter, WallTime now) const {
  std::vector<Stored> found;
  for (const auto& [number, event] : events_) {
    if (number <= filter.after || found.size() >= filter.most) continue;
    if (filter.state && event.stored.state != *filter.state) continue;
    if (!filter.call.empty() && event.stored.event.call != filter.call) continue;
    found.push_back(seen(event, now));
    found.back().event.body.clear();
    found.back().verdict.claims.clear();
  }
  return found;
}

std::optional<Stored> Model::show(const std::string& key, WallTime now) const {
  for (const auto& [number, event] : events_) {
    if (event.stored.event.key == key) return seen(event, now);
  }
  return std::nullopt;
}

delivery::Stats Model::stats(WallTime now) const {
  delivery::Stats stats;
  std::set<int> lanes;
  for (const auto& [number, event] : events_) {
    const State state = event.stored.state;
    stats.queued += state == State::queued ? 1 : 0;
    stats.delivered += state == State::delivered ? 1 : 0;
    stats.taken += state == State::taken ? 1 : 0;
    stats.dead += state == State::dead ? 1 : 0;
    stats.lent += is_live(event.lease, now) ? 1U : 0U;
    if (state != State::queued) continue;
    lanes.insert(event.lane);
    if (!stats.oldest_queued_at) stats.oldest_queued_at = event.stored.passage.received_at;
  }
  stats.lanes = lanes.size();
  return stats;
}

}  // namespace callgate::store_sqlite
