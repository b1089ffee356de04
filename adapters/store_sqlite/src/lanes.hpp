// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rows of lanes and leases: which lane is due when, and which is lent. A column of steps within the
// caller's transaction; failures stick to the connection. Keeps the tally of lanes.
//
// A lane that is lent is due when its lease ends, however it is reported on until then.

#include <callgate/delivery/store.hpp>
#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "sql.hpp"
#include "tally.hpp"

namespace callgate::store_sqlite {

// Well below delivery::kDueFarthest: the clock may be set a little between two calls.
constexpr std::chrono::minutes kLeaseMax{30};

struct Lane {
  std::int64_t id = 0;
  std::optional<base::WallTime> due;
  std::optional<std::int64_t> lease;
};

class Lanes {
 public:
  Lanes(Connection& connection, Tally& tally);

  std::vector<std::int64_t> routes();
  std::optional<std::int64_t> find_route(const std::string& path);
  Lane find_or_make(const std::string& route, std::string_view call);
  std::vector<std::int64_t> of_call(std::string_view call);
  // The lowest queued event.
  std::optional<std::int64_t> head(std::int64_t lane);

  // Lanes with something queued that are due: those that waited longest first.
  std::vector<Lane> due(std::int64_t route, base::WallTime now, std::size_t most);
  std::optional<base::WallTime> next_due(std::int64_t route, base::WallTime now);

  // An event of the lane was queued; `head_before` is what the lane's head was without it.
  void enter(std::int64_t lane, std::int64_t number, std::optional<std::int64_t> head_before,
             base::WallTime at);
  // A queued event has left; `was_head`: it was the lowest.
  void leave(std::int64_t lane, bool was_head, base::WallTime at);
  // Its head is to be tried again.
  void put_off(std::int64_t lane, base::WallTime due, base::WallTime at);
  // The lane goes if no event is left in it, of whatever state.
  void erase_if_empty(std::int64_t lane);

  // ---- Leases ----
  std::int64_t make_lease(std::string_view name, base::WallTime until);
  void lend(std::int64_t lane, std::int64_t lease, base::WallTime until);
  void lend_event(std::int64_t number, std::int64_t lease, base::WallTime now);
  std::optional<std::int64_t> find_live_lease(std::string_view name, base::WallTime now);
  std::vector<std::int64_t> events_of_lease(std::int64_t lease);
  // One of its events has left: the last one frees its lanes.
  void release_if_over(std::int64_t lease, base::WallTime at);
  // False if it was live still. Else its events count one more attempt, and its lanes are free.
  bool end_if_out(std::int64_t lease, base::WallTime at);
  void erase_lease(std::int64_t lease);
  // Of an event, while its lease is live.
  std::optional<base::WallTime> lent_until(std::int64_t number, base::WallTime now);
  // Events of live leases. As long as there are of them, a step each.
  std::int64_t count_lent(base::WallTime now);

 private:
  std::optional<Lane> get(std::int64_t lane);
  bool is_lent(std::int64_t lane, base::WallTime at);
  void set_due(std::int64_t lane, std::optional<base::WallTime> due);
  void free_lanes(std::int64_t lease, std::optional<base::WallTime> due);
  std::vector<std::int64_t> numbers(Statement& statement, std::int64_t of);

  Connection& connection_;
  Tally& tally_;
  std::map<std::string, std::int64_t> known_routes_;
  Statement routes_, find_route_, make_route_, find_, make_, of_call_, get_, head_, due_, next_, set_due_,
      erase_;
  Statement make_lease_, lend_, lend_event_, find_lease_, until_, events_of_lease_, lanes_of_lease_,
      count_try_;
  Statement free_lane_, erase_lease_, until_of_event_, count_lent_;
};

}  // namespace callgate::store_sqlite
