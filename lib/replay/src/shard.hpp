// SPDX-License-Identifier: Apache-2.0
#pragma once
// The rules of the replay guard over one share of the tokens. Not thread-safe, calls nobody: waits that end
// are handed out, for the caller to call once it has let go of its lock.

#include <callgate/replay/store.hpp>
#include <optional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "record_table.hpp"

namespace callgate::replay {

class Shard {
 public:
  // Waits that ended, and how.
  using Ended = std::vector<std::pair<ReplayStore::OnAwaited, Awaited>>;

  explicit Shard(std::size_t capacity) : table_(capacity) {}

  Outcome claim(const Use& use, Moment now, Ended& ended);
  bool settle(const Ticket& ticket, int status, Ended& ended);
  bool give_back(const Ticket& ticket, Ended& ended);
  // Keeps `on_awaited` and gives nothing, or leaves it and says what to tell it at once.
  std::optional<Awaited> await(const TokenKey& token, const BodyMark& body,
                               ReplayStore::OnAwaited& on_awaited);
  // Looks at up to `looks` places, one turn at most. How many records went.
  std::size_t prune(Moment now, std::size_t looks, Ended& ended);

  std::size_t size() const { return table_.size(); }
  std::size_t places() const { return table_.places(); }
  std::size_t capacity() const { return table_.capacity(); }

 private:
  using Place = RecordTable::Place;
  static constexpr Place kNone = RecordTable::kNone;

  // The records of a token: the one with that body, and how many others.
  struct Found {
    Place same = kNone;
    std::size_t others = 0;
  };
  Found find(const Use& use, Moment now, Ended& ended);
  Place find_held(const Ticket& ticket);
  Place find_place(const TokenKey& token, const BodyMark& body);
  Outcome meet(const Use& use, Moment now, Record& record);
  Outcome add(const Use& use, Moment now, std::size_t others, Ended& ended);
  void erase(Place place, Ended& ended);
  void end_waits(Place place, Awaited awaited, Ended& ended);

  RecordTable table_;
  std::uint64_t last_fence_ = 0;
  std::unordered_map<Place, std::vector<ReplayStore::OnAwaited>> waiting_;
};

}  // namespace callgate::replay
