// SPDX-License-Identifier: Apache-2.0
#include "lanes.hpp"

#include <sqlite3.h>

namespace callgate::store_sqlite {
namespace {

constexpr std::size_t kKnownRoutesMax = 1000;

bool is_live(base::WallTime until, base::WallTime now) {
  return now < until && until - now <= delivery::kDueFarthest;
}

}  // namespace

Lanes::Lanes(Connection& connection, Tally& tally)
    : connection_(connection),
      tally_(tally),
      routes_(connection, "SELECT id FROM route WHERE id > ?1 ORDER BY id"),
      find_route_(connection, "SELECT id FROM route WHERE path = ?1"),
      make_route_(connection, "INSERT INTO route (path) VALUES (?1)"),
      find_(connection, "SELECT id, due, lease FROM lane WHERE call = ?1 AND route = ?2"),
      make_(connection, "INSERT INTO lane (call, route) VALUES (?1, ?2)"),
      of_call_(connection, "SELECT id FROM lane WHERE call = ?1"),
      get_(connection, "SELECT id, due, lease FROM lane WHERE id = ?1"),
      head_(connection,
            "SELECT number FROM event INDEXED BY event_by_lane WHERE lane = ?1 AND state = 0 ORDER BY number "
            "LIMIT 1"),
      due_(connection,
           "SELECT id, due, lease FROM lane INDEXED BY lane_by_due WHERE route = ?1 AND due > ?2 AND due <= "
           "?3 "
           "ORDER BY due"),
      next_(connection,
            "SELECT id, due FROM lane INDEXED BY lane_by_due WHERE route = ?1 AND due > ?2 AND due <= ?3 "
            "ORDER BY due"),
      set_due_(connection, "UPDATE lane SET due = ?2 WHERE id = ?1"),
      erase_(connection,
             "DELETE FROM lane WHERE id = ?1 AND NOT EXISTS (SELECT 1 FROM event INDEXED BY event_by_lane "
             "WHERE lane = ?1)"),
      make_lease_(connection, "INSERT INTO lease (name, until) VALUES (?1, ?2)"),
      lend_(connection, "UPDATE lane SET lease = ?2, due = ?3 WHERE id = ?1"),
      lend_event_(
          connection,
          "UPDATE event SET lease = ?2, first_tried_at = coalesce(first_tried_at, ?3) WHERE number = ?1"),
      find_lease_(connection, "SELECT id, until FROM lease WHERE name = ?1"),
      until_(connection, "SELECT until FROM lease WHERE id = ?1"),
      events_of_lease_(connection,
                       "SELECT number FROM event INDEXED BY event_by_lease WHERE lease = ?1 ORDER BY number"),
      lanes_of_lease_(connection, "SELECT id FROM lane INDEXED BY lane_by_lease WHERE lease = ?1"),
      count_try_(
          connection,
          "UPDATE event SET attempts = attempts + 1, note = 'lease ran out', lease = NULL WHERE number = ?1"),
      free_lane_(connection, "UPDATE lane SET lease = NULL WHERE id = ?1"),
      erase_lease_(connection, "DELETE FROM lease WHERE id = ?1"),
      until_of_event_(
          connection,
          "SELECT until FROM event JOIN lease ON lease.id = event.lease WHERE number = ?1 AND state = 0"),
      count_lent_(connection,
                  "SELECT sum((SELECT count(*) FROM event INDEXED BY event_by_lease WHERE event.lease = "
                  "lease.id)) FROM lease WHERE until > ?1 AND until <= ?2") {}

std::vector<std::int64_t> Lanes::numbers(Statement& statement, std::int64_t of) {
  std::vector<std::int64_t> found;
  Rows rows = statement.query(of);
  while (rows.next()) found.push_back(rows.integer(0));
  return found;
}

std::vector<std::int64_t> Lanes::routes() {
  return numbers(routes_, 0);
}

std::optional<std::int64_t> Lanes::find_route(const std::string& path) {
  if (const auto known = known_routes_.find(path); known != known_routes_.end()) return known->second;
  const auto id = find_route_.find(path);
  if (id && known_routes_.size() < kKnownRoutesMax) known_routes_.emplace(path, *id);
  return id;
}

Lane Lanes::find_or_make(const std::string& route, std::string_view call) {
  auto route_id = find_route(route);
  if (!route_id) {
    make_route_.run(route);
    route_id = sqlite3_last_insert_rowid(connection_.handle());
  }
  {
    Rows rows = find_.query(call, *route_id);
    if (rows.next()) return {rows.integer(0), rows.find_time(1), rows.find_integer(2)};
  }
  make_.run(call, *route_id);
  return {sqlite3_last_insert_rowid(connection_.handle()), std::nullopt, std::nullopt};
}

std::vector<std::int64_t> Lanes::of_call(std::string_view call) {
  std::vector<std::int64_t> found;
  Rows rows = of_call_.query(call);
  while (rows.next()) found.push_back(rows.integer(0));
  return found;
}

std::optional<Lane> Lanes::get(std::int64_t lane) {
  Rows rows = get_.query(lane);
  if (!rows.next()) return std::nullopt;
  return Lane{rows.integer(0), rows.find_time(1), rows.find_integer(2)};
}

std::optional<std::int64_t> Lanes::head(std::int64_t lane) {
  return head_.find(lane);
}

std::vector<Lane> Lanes::due(std::int64_t route, base::WallTime now, std::size_t most) {
  std::vector<Lane> found;
  const auto collect = [&](base::WallTime after, base::WallTime up_to) {
    Rows rows = due_.query(route, after, up_to);
    while (found.size() < most && rows.next()) {
      // A lent lane may have nothing queued.
      if (rows.is_null(2) || head(rows.integer(0)))
        found.push_back({rows.integer(0), rows.find_time(1), rows.find_integer(2)});
    }
  };
  collect(base::WallTime::min(), now);
  collect(now + delivery::kDueFarthest, base::WallTime::max());
  return found;
}

std::optional<base::WallTime> Lanes::next_due(std::int64_t route, base::WallTime now) {
  Rows rows = next_.query(route, now, now + delivery::kDueFarthest);
  while (rows.next()) {
    if (head(rows.integer(0))) return rows.time(1);
  }
  return std::nullopt;
}

void Lanes::set_due(std::int64_t lane, std::optional<base::WallTime> due) {
  set_due_.run(lane, due);
}

bool Lanes::is_lent(std::int64_t lane, base::WallTime at) {
  const auto row = get(lane);
  return row && row->lease && !end_if_out(*row->lease, at);
}

void Lanes::enter(std::int64_t lane, std::int64_t number, std::optional<std::int64_t> head_before,
                  base::WallTime at) {
  if (!head_before) ++tally_.lanes;
  const bool becomes_head = !head_before || number < *head_before;
  if (becomes_head && !is_lent(lane, at)) set_due(lane, at);
}

void Lanes::leave(std::int64_t lane, bool was_head, base::WallTime at) {
  const auto next = head(lane);
  if (!next) --tally_.lanes;
  if (is_lent(lane, at)) return;
  if (!next) {
    set_due(lane, std::nullopt);
  } else if (was_head) {
    set_due(lane, at);
  }
}

void Lanes::put_off(std::int64_t lane, base::WallTime due, base::WallTime at) {
  if (!is_lent(lane, at)) set_due(lane, due);
}

void Lanes::erase_if_empty(std::int64_t lane) {
  erase_.run(lane);
}

// ---- Leases ----

std::int64_t Lanes::make_lease(std::string_view name, base::WallTime until) {
  make_lease_.run(name, until);
  return sqlite3_last_insert_rowid(connection_.handle());
}

void Lanes::lend(std::int64_t lane, std::int64_t lease, base::WallTime until) {
  lend_.run(lane, lease, until);
}

void Lanes::lend_event(std::int64_t number, std::int64_t lease, base::WallTime now) {
  lend_event_.run(number, lease, now);
}

std::optional<std::int64_t> Lanes::find_live_lease(std::string_view name, base::WallTime now) {
  Rows rows = find_lease_.query(name);
  if (!rows.next() || !is_live(rows.time(1), now)) return std::nullopt;
  return rows.integer(0);
}

std::vector<std::int64_t> Lanes::events_of_lease(std::int64_t lease) {
  return numbers(events_of_lease_, lease);
}

void Lanes::free_lanes(std::int64_t lease, std::optional<base::WallTime> due) {
  for (const std::int64_t lane : numbers(lanes_of_lease_, lease)) {
    free_lane_.run(lane);
    if (!head(lane)) {
      set_due(lane, std::nullopt);
    } else if (due) {
      set_due(lane, due);
    }
  }
  erase_lease(lease);
}

void Lanes::release_if_over(std::int64_t lease, base::WallTime at) {
  if (!events_of_lease_.find(lease)) free_lanes(lease, at);
}

bool Lanes::end_if_out(std::int64_t lease, base::WallTime at) {
  const auto until = until_.find(lease);
  if (until && is_live(base::WallTime(std::chrono::microseconds(*until)), at)) return false;
  for (const std::int64_t number : events_of_lease(lease)) count_try_.run(number);
  free_lanes(lease, std::nullopt);
  return true;
}

void Lanes::erase_lease(std::int64_t lease) {
  erase_lease_.run(lease);
}

std::optional<base::WallTime> Lanes::lent_until(std::int64_t number, base::WallTime now) {
  Rows rows = until_of_event_.query(number);
  if (!rows.next() || !is_live(rows.time(0), now)) return std::nullopt;
  return rows.time(0);
}

std::int64_t Lanes::count_lent(base::WallTime now) {
  Rows rows = count_lent_.query(now, now + delivery::kDueFarthest);
  return rows.next() ? rows.integer(0) : 0;
}

}  // namespace callgate::store_sqlite
