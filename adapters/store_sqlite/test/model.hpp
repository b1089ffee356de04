// SPDX-License-Identifier: Apache-2.0
#pragma once
// What delivery/store.hpp promises, in memory and without any cleverness: every answer is found by looking at
// every event.

#include <callgate/delivery/store.hpp>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace callgate::store_sqlite {

class Model {
 public:
  delivery::Added add(const delivery::Accepted& accepted);
  delivery::Due find_due(const std::string& route, base::WallTime now, std::size_t most);
  void record(const delivery::Report& report);
  // `id`: as the store named it.
  delivery::Lease take(const std::string& id, std::size_t most, std::chrono::milliseconds lease,
                       base::WallTime now);
  std::size_t ack(const std::string& lease, const std::vector<std::string>& keys, base::WallTime now);
  std::vector<delivery::Stored> list(const delivery::Filter& filter, base::WallTime now) const;
  std::optional<delivery::Stored> show(const std::string& key, base::WallTime now) const;
  bool redeliver(const std::string& key, base::WallTime now);
  std::size_t forget(const std::string& call, base::WallTime now);
  delivery::Stats stats(base::WallTime now) const;

  // Numbers that were ever given.
  std::int64_t last_number() const { return last_number_; }

 private:
  struct Lane {
    std::string route;
    std::string call;
    std::optional<base::WallTime> due;
    std::string lease;
  };
  struct Event {
    delivery::Stored stored;
    int lane = 0;
    std::string lease;
  };

  Event* find(const std::string& key);
  int lane_of(const std::string& route, const std::string& call);
  std::optional<std::int64_t> head(int lane) const;
  std::vector<int> due_lanes(const std::string& route, base::WallTime now) const;
  bool is_live(const std::string& lease, base::WallTime now) const;
  delivery::Stored seen(const Event& event, base::WallTime now) const;
  bool is_lent(int lane, base::WallTime now);
  void end_lease(const std::string& lease);
  void release_if_over(const std::string& lease, base::WallTime at);
  void enter(Event& event, std::optional<std::int64_t> head_before, base::WallTime at);
  void leave(int lane, const std::string& lease, bool was_head, base::WallTime at);
  void finish(Event& event, delivery::State state, base::WallTime at);

  std::map<std::int64_t, Event> events_;
  std::map<int, Lane> lanes_;
  std::vector<std::string> routes_;
  std::map<std::string, base::WallTime> leases_;
  std::int64_t last_number_ = 0;
};

}  // namespace callgate::store_sqlite
