// SPDX-License-Identifier: Apache-2.0
#include "inbox.hpp"

#include <algorithm>
#include <callgate/digest/random.hpp>
#include <iterator>
#include <set>

namespace callgate::store_sqlite {

using delivery::Accepted;
using delivery::Added;
using delivery::Due;
using delivery::Filter;
using delivery::NewEvent;
using delivery::Report;
using delivery::State;
using delivery::Stored;

namespace {

constexpr std::size_t kListMax = 1000;
constexpr std::size_t kTakeMax = 1000;
constexpr std::size_t kTakeBytes = std::size_t{16} << 20;

bool is_by_number(const Stored& a, const Stored& b) {
  return a.number < b.number;
}

Tally load_tally(Connection& connection) {
  Statement load(connection, "SELECT queued, delivered, taken, dead, lanes FROM tally");
  Rows rows = load.query();
  Tally tally;
  if (!rows.next()) {
    if (!connection.failure()) connection.fail_damaged();
    return tally;
  }
  for (std::size_t i = 0; i < kStates; ++i) tally.events[i] = rows.integer(static_cast<int>(i));
  tally.lanes = rows.integer(kStates);
  return tally;
}

// A page that says that it is empty: SQLite's own check compares no index with an empty table.
bool has_empty_table(Connection& connection) {
  for (const char* sql : {"SELECT NOT EXISTS (SELECT 1 FROM route NOT INDEXED)",
                          "SELECT NOT EXISTS (SELECT 1 FROM request NOT INDEXED)",
                          "SELECT NOT EXISTS (SELECT 1 FROM lane NOT INDEXED)",
                          "SELECT NOT EXISTS (SELECT 1 FROM event NOT INDEXED)",
                          "SELECT NOT EXISTS (SELECT 1 FROM body NOT INDEXED)"}) {
    if (connection.ask_number(sql) != 0) return true;
  }
  return false;
}

}  // namespace

Inbox::Inbox(Connection& connection, const Settings& settings, const base::Clock& clock)
    : connection_(connection),
      settings_(settings),
      clock_(clock),
      tally_(load_tally(connection)),
      saved_(tally_),
      events_(connection, tally_),
      lanes_(connection, tally_),
      save_(connection, "UPDATE tally SET queued = ?, delivered = ?, taken = ?, dead = ?, lanes = ?"),
      page_count_(connection, "PRAGMA page_count"),
      free_count_(connection, "PRAGMA freelist_count"),
      give_back_(connection, "PRAGMA incremental_vacuum(64)"),
      queued_of_lane_(
          connection,
          "SELECT number FROM event INDEXED BY event_by_lane WHERE lane = ?1 AND state = 0 ORDER BY "
          "number LIMIT ?2"),
      of_lane_(connection,
               "SELECT number FROM event INDEXED BY event_by_lane WHERE lane = ?1 AND number <= ?2 LIMIT ?3"),
      last_(connection, "SELECT max(number) FROM event"),
      oldest_(connection,
              "SELECT number FROM event INDEXED BY event_by_state WHERE state = 0 ORDER BY number LIMIT 1"),
      received_at_(
          connection,
          "SELECT received_at FROM event JOIN request ON request.id = event.request WHERE number = ?1"),
      ended_(connection,
             "SELECT number FROM event INDEXED BY event_by_end WHERE state IN (1, 2) AND ended_at <= ?1 "
             "ORDER BY "
             "ended_at LIMIT 1"),
      all_(connection, "SELECT number FROM event WHERE number > ?1 ORDER BY number LIMIT ?2"),
      by_state_(
          connection,
          "SELECT number FROM event INDEXED BY event_by_state WHERE state = ?3 AND number > ?1 ORDER BY "
          "number LIMIT ?2"),
      by_lane_(
          connection,
          "SELECT number FROM event INDEXED BY event_by_lane WHERE lane = ?4 AND state = ?3 AND number > ?1 "
          "ORDER BY number LIMIT ?2"),
      page_bytes_(static_cast<std::uint64_t>(connection.ask_number("PRAGMA page_size"))) {
  const bool is_empty =
      std::all_of(tally_.events.begin(), tally_.events.end(), [](std::int64_t count) { return count == 0; });
  rows_are_missing_ = !is_empty && has_empty_table(connection);
}

// ---- Taking in ----

base::Result<Added> Inbox::add(const Accepted& accepted) {
  Added added;
  std::vector<const NewEvent*> fresh;
  std::set<std::string_view> keys;
  std::uint64_t bytes = 0;
  for (const NewEvent& event : accepted.events) {
    if (!keys.insert(event.key).second || events_.find(event.key)) continue;
    fresh.push_back(&event);
    bytes += event.body.size();
  }
  added.fresh = fresh.size();
  added.known = accepted.events.size() - fresh.size();
  if (fresh.empty()) return added;
  if (content_bytes() + bytes > settings_.bytes_max) {
    refused_bytes_ = bytes;
    return base::fail("the inbox holds as much as it may (bytes_max, " + std::to_string(settings_.bytes_max) +
                      " bytes)");
  }
  const std::int64_t request = events_.add_request(accepted, static_cast<std::int64_t>(fresh.size()));
  for (const NewEvent* event : fresh) {
    const Lane lane = lanes_.find_or_make(accepted.passage.route, event->call);
    const auto head = lane.due ? lanes_.head(lane.id) : std::nullopt;
    const std::int64_t number = events_.add(*event, accepted.passage.route, lane.id, request);
    lanes_.enter(lane.id, number, head, accepted.passage.received_at);
  }
  return added;
}

// ---- Pushing ----

// Only a lane that is lent is due without something queued.
void Inbox::note_if_empty(const Lane& lane) {
  if (!lane.lease && !lanes_.head(lane.id) && !connection_.failure()) rows_are_missing_ = true;
}

bool Inbox::contradicts_itself() const {
  const bool is_negative = tally_.lanes < 0 || std::any_of(tally_.events.begin(), tally_.events.end(),
                                                           [](std::int64_t count) { return count < 0; });
  const bool has_queued = tally_.events[static_cast<std::size_t>(State::queued)] > 0;
  return rows_are_missing_ || is_negative || has_queued != (tally_.lanes > 0);
}

// The first sound one; damaged ones on the way are dead.
std::optional<Stored> Inbox::read_head(std::int64_t lane, base::WallTime now) {
  while (const auto number = lanes_.head(lane)) {
    Reading reading = events_.read(*number);
    if (connection_.failure()) return std::nullopt;
    if (reading.what == Reading::What::good && reading.stored.state == State::queued)
      return std::move(reading.stored);
    bury(*number, now);
  }
  return std::nullopt;
}

Due Inbox::find_due(const std::string& route, base::WallTime now, std::size_t most) {
  Due due;
  const auto id = lanes_.find_route(route);
  if (!id) return due;
  for (const Lane& lane : lanes_.due(*id, now, most)) {
    note_if_empty(lane);
    if (auto head = read_head(lane.id, now)) due.heads.push_back(std::move(*head));
  }
  due.next = lanes_.next_due(*id, now);
  return due;
}

void Inbox::record(const Report& report) {
  const auto event = events_.get(report.number);
  if (!event || event->state != State::queued) return;
  const bool is_head = lanes_.head(event->lane) == report.number;
  if (report.what == Report::What::again) {
    if (is_head) lanes_.put_off(event->lane, report.due, report.at);
    events_.set_tries(report.number, report.attempts, report.first_tried_at, report.note);
    return;
  }
  events_.set_tries(report.number, report.attempts, report.first_tried_at, report.note);
  finish(*event, report.what == Report::What::dead ? State::dead : State::delivered, report.at);
}

// A queued event ends.
void Inbox::finish(const Event& event, State state, base::WallTime at) {
  const bool was_head = lanes_.head(event.lane) == event.number;
  events_.end(event, state, at);
  leave(event, was_head, at);
}

void Inbox::leave(const Event& event, bool was_head, base::WallTime at) {
  lanes_.leave(event.lane, was_head, at);
  if (event.lease) lanes_.release_if_over(*event.lease, at);
}

// A row that the indexes say is there and queued, and that cannot be read as such, is told of by SQLite once
// it is to be changed.
void Inbox::bury(std::int64_t number, base::WallTime at) {
  const auto event = events_.get(number);
  if (!event || event->state != State::queued) return connection_.fail_damaged();
  events_.annotate(number, "damaged");
  finish(*event, State::dead, at);
}

// ---- Lending ----

std::vector<Lane> Inbox::due_anywhere(base::WallTime now, std::size_t most) {
  std::vector<Lane> lanes;
  for (const std::int64_t route : lanes_.routes()) {
    auto of_route = lanes_.due(route, now, most);
    std::move(of_route.begin(), of_route.end(), std::back_inserter(lanes));
  }
  // What a clock that was set back has left comes last, as within a route.
  std::stable_sort(lanes.begin(), lanes.end(), [](const Lane& a, const Lane& b) { return a.due < b.due; });
  return lanes;
}

void Inbox::take_of(std::int64_t lane, std::int64_t lease, std::size_t most, base::WallTime now,
                    std::vector<Stored>& taken, std::size_t& bytes) {
  std::vector<std::int64_t> numbers;
  {
    Rows rows = queued_of_lane_.query(lane, static_cast<std::int64_t>(most - taken.size()));
    while (rows.next()) numbers.push_back(rows.integer(0));
  }
  for (const std::int64_t number : numbers) {
    Reading reading = events_.read(number);
    if (connection_.failure()) return;
    if (reading.what != Reading::What::good || reading.stored.state != State::queued) {
      bury(number, now);
      continue;
    }
    bytes += reading.stored.event.body.size() + reading.stored.verdict.claims.size();
    if (!taken.empty() && bytes > kTakeBytes) return;
    lanes_.lend_event(number, lease, now);
    if (!reading.stored.first_tried_at) reading.stored.first_tried_at = now;
    taken.push_back(std::move(reading.stored));
  }
}

delivery::Lease Inbox::take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now) {
  most = std::min(most, kTakeMax);
  lease = std::clamp(lease, std::chrono::milliseconds(1), std::chrono::milliseconds(kLeaseMax));
  delivery::Lease lent{.id = digest::random_uuid(), .until = now + lease, .events = {}};
  const std::vector<Lane> lanes = due_anywhere(now, most);
  if (lanes.empty()) return lent;
  const std::int64_t id = lanes_.make_lease(lent.id, lent.until);
  std::size_t bytes = 0;
  for (const Lane& lane : lanes) {
    if (lent.events.size() >= most || bytes >= kTakeBytes || connection_.failure()) break;
    note_if_empty(lane);
    if (lane.lease) lanes_.end_if_out(*lane.lease, now);
    const std::size_t before = lent.events.size();
    take_of(lane.id, id, most, now, lent.events, bytes);
    if (lent.events.size() > before) lanes_.lend(lane.id, id, lent.until);
  }
  if (lent.events.empty()) lanes_.erase_lease(id);
  std::sort(lent.events.begin(), lent.events.end(), is_by_number);
  return lent;
}

std::size_t Inbox::ack(std::string_view lease, const std::vector<std::string>& keys, base::WallTime now) {
  const auto id = lanes_.find_live_lease(lease, now);
  if (!id) return 0;
  std::vector<std::int64_t> numbers;
  if (keys.empty()) numbers = lanes_.events_of_lease(*id);
  for (const std::string& key : keys) {
    if (const auto number = events_.find(key)) numbers.push_back(*number);
  }
  std::size_t taken = 0;
  for (const std::int64_t number : numbers) {
    const auto event = events_.get(number);
    if (!event || event->state != State::queued || event->lease != id) continue;
    finish(*event, State::taken, now);
    ++taken;
  }
  return taken;
}

// ---- For people ----

std::vector<std::int64_t> Inbox::numbers_of(const Filter& filter) {
  const auto most = static_cast<std::int64_t>(std::min(filter.most, kListMax));
  std::vector<std::int64_t> numbers;
  const auto collect = [&numbers](Rows rows) {
    while (rows.next()) numbers.push_back(rows.integer(0));
  };
  std::vector<State> states{State::queued, State::delivered, State::taken, State::dead};
  if (filter.state) states = {*filter.state};
  if (!filter.call.empty()) {
    for (const std::int64_t lane : lanes_.of_call(filter.call)) {
      for (const State state : states)
        collect(by_lane_.query(filter.after, most, static_cast<int>(state), lane));
    }
  } else if (filter.state) {
    collect(by_state_.query(filter.after, most, static_cast<int>(*filter.state)));
  } else {
    collect(all_.query(filter.after, most));
  }
  std::sort(numbers.begin(), numbers.end());
  if (numbers.size() > static_cast<std::size_t>(most)) numbers.resize(static_cast<std::size_t>(most));
  return numbers;
}

std::vector<Stored> Inbox::list(const Filter& filter) {
  std::vector<Stored> found;
  const base::WallTime now = clock_.wall();
  for (const std::int64_t number : numbers_of(filter)) {
    auto outline = events_.read_outline(number);
    if (!outline) continue;
    outline->lent_until = lanes_.lent_until(number, now);
    found.push_back(std::move(*outline));
  }
  return found;
}

std::optional<Stored> Inbox::show(std::string_view key) {
  const auto number = events_.find(key);
  if (!number) return std::nullopt;
  Reading reading = events_.read(*number);
  if (reading.what == Reading::What::missing) return std::nullopt;
  if (reading.what == Reading::What::damaged && reading.stored.state == State::queued) {
    bury(*number, clock_.wall());
    reading = events_.read(*number);
  }
  reading.stored.lent_until = lanes_.lent_until(*number, clock_.wall());
  return std::move(reading.stored);
}

base::Result<bool> Inbox::redeliver(std::string_view key, base::WallTime now) {
  const auto number = events_.find(key);
  const auto event = number ? events_.get(*number) : std::nullopt;
  if (!event || event->state == State::queued) return false;
  if (events_.read(*number).what != Reading::What::good)
    return base::fail("the event is damaged and cannot be delivered; `inbox show` has what is left of it");
  const auto head = lanes_.head(event->lane);
  events_.renew(*event);
  lanes_.enter(event->lane, *number, head, now);
  return true;
}

std::int64_t Inbox::last_number() {
  return last_.find().value_or(0);
}

std::size_t Inbox::forget(std::string_view call, std::int64_t up_to, std::size_t most) {
  std::vector<std::int64_t> numbers;
  for (const std::int64_t lane : lanes_.of_call(call)) {
    Rows rows = of_lane_.query(lane, up_to, static_cast<std::int64_t>(most - numbers.size()));
    while (rows.next()) numbers.push_back(rows.integer(0));
    if (numbers.size() >= most) break;
  }
  for (const std::int64_t number : numbers) erase(number);
  return numbers.size();
}

void Inbox::erase(std::int64_t number) {
  const auto event = events_.get(number);
  if (!event) return;
  const bool was_queued = event->state == State::queued;
  const bool was_head = was_queued && lanes_.head(event->lane) == number;
  events_.erase(*event);
  if (was_queued) leave(*event, was_head, clock_.wall());
  lanes_.erase_if_empty(event->lane);
}

delivery::Stats Inbox::stats() {
  const auto count = [this](State state) { return static_cast<std::uint64_t>(tally_.of(state)); };
  delivery::Stats stats{.queued = count(State::queued),
                        .delivered = count(State::delivered),
                        .taken = count(State::taken),
                        .dead = count(State::dead),
                        .lanes = static_cast<std::uint64_t>(tally_.lanes),
                        .oldest_queued_at = std::nullopt,
                        .bytes = connection_.bytes_on_disk(),
                        .lent = static_cast<std::uint64_t>(lanes_.count_lent(clock_.wall()))};
  if (const auto oldest = oldest_.find()) {
    if (const auto at = received_at_.find(*oldest))
      stats.oldest_queued_at = base::WallTime(std::chrono::microseconds(*at));
  }
  return stats;
}

void Inbox::save_tally() {
  if (tally_ == saved_) return;
  save_.run(tally_.of(State::queued), tally_.of(State::delivered), tally_.of(State::taken),
            tally_.of(State::dead), tally_.lanes);
  saved_ = tally_;
}

// ---- Housekeeping ----

std::uint64_t Inbox::content_bytes() {
  const std::int64_t pages = page_count_.find().value_or(0) - free_count_.find().value_or(0);
  return static_cast<std::uint64_t>(pages) * page_bytes_;
}

bool Inbox::is_full() {
  return content_bytes() + refused_bytes_ >= settings_.bytes_max;
}

// The one that ended first, if it may go.
std::optional<std::int64_t> Inbox::find_old() {
  const base::WallTime now = clock_.wall();
  const base::WallTime old = now - settings_.keep;
  const bool is_much = content_bytes() > settings_.keep_bytes;
  return ended_.find(is_much ? std::max(old, now - settings_.keep_least) : old);
}

bool Inbox::has_old() {
  return find_old().has_value();
}

std::size_t Inbox::prune(std::size_t most) {
  std::size_t count = 0;
  while (count < most) {
    const auto number = find_old();
    if (!number) break;
    erase(*number);
    ++count;
  }
  return count;
}

bool Inbox::has_much_free() {
  constexpr std::int64_t kFreePagesMin = 1024;
  const std::int64_t free = free_count_.find().value_or(0);
  return free > kFreePagesMin && free * 4 > page_count_.find().value_or(0);
}

void Inbox::give_back() {
  Rows rows = give_back_.query();
  while (rows.next()) {
  }
}

}  // namespace callgate::store_sqlite
