// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the store's port does, each within a transaction that somebody else opens and commits. One thread.
// Failures of SQLite stick to the connection: then nothing that was returned counts.

#include <callgate/delivery/store.hpp>
#include <callgate/store_sqlite/sqlite_store.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "events.hpp"
#include "lanes.hpp"
#include "sql.hpp"
#include "tally.hpp"

namespace callgate::store_sqlite {

class Inbox {
 public:
  Inbox(Connection& connection, const Settings& settings, const base::Clock& clock);

  base::Result<delivery::Added> add(const delivery::Accepted& accepted);
  delivery::Due find_due(const std::string& route, base::WallTime now, std::size_t most);
  void record(const delivery::Report& report);
  delivery::Lease take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now);
  std::size_t ack(std::string_view lease, const std::vector<std::string>& keys, base::WallTime now);
  std::vector<delivery::Stored> list(const delivery::Filter& filter);
  std::optional<delivery::Stored> show(std::string_view key);
  base::Result<bool> redeliver(std::string_view key, base::WallTime now);
  // At most `most` events of the call, none that came in after `up_to`. Fewer: those were the last.
  std::size_t forget(std::string_view call, std::int64_t up_to, std::size_t most);
  std::int64_t last_number();
  delivery::Stats stats();

  // Before each commit.
  void save_tally();

  // ---- Housekeeping ----
  // Whether prune() has something to do.
  bool has_old();
  // Deletes what need not be kept any longer, at most that many. How many.
  std::size_t prune(std::size_t most);
  // Whether free space should go back to the disk. Some of it goes with each call of give_back().
  bool has_much_free();
  void give_back();
  // Whether there is no room for as much as found none last time, or for anything.
  bool is_full();
  // Whether rows contradict each other that no statement fails on: an index may have lost its way to some.
  bool contradicts_itself() const;

 private:
  std::uint64_t content_bytes();
  std::optional<std::int64_t> find_old();
  void finish(const Event& event, delivery::State state, base::WallTime at);
  void leave(const Event& event, bool was_head, base::WallTime at);
  void bury(std::int64_t number, base::WallTime at);
  void note_if_empty(const Lane& lane);
  std::optional<delivery::Stored> read_head(std::int64_t lane, base::WallTime now);
  std::vector<Lane> due_anywhere(base::WallTime now, std::size_t most);
  void take_of(std::int64_t lane, std::int64_t lease, std::size_t most, base::WallTime now,
               std::vector<delivery::Stored>& taken, std::size_t& bytes);
  void erase(std::int64_t number);
  std::vector<std::int64_t> numbers_of(const delivery::Filter& filter);

  Connection& connection_;
  const Settings& settings_;
  const base::Clock& clock_;
  Tally tally_;
  Tally saved_;
  Events events_;
  Lanes lanes_;
  Statement save_, page_count_, free_count_, give_back_, queued_of_lane_, of_lane_, last_, oldest_,
      received_at_;
  Statement ended_, all_, by_state_, by_lane_;
  std::uint64_t page_bytes_;
  bool rows_are_missing_ = false;    // that others say are there
  std::uint64_t refused_bytes_ = 0;  // last time something found no room
};

}  // namespace callgate::store_sqlite
