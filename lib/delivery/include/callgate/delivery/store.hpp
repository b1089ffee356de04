// SPDX-License-Identifier: Apache-2.0
#pragma once
// The port to whatever keeps accepted events. Any thread may call. Each callback is called exactly once, on a
// thread of the store's choosing, never from within the call that was given it; so it posts to where its
// owner lives, does not wait, and does not throw. A store that is destroyed calls what is still open with an
// error first.
//
// Order. A lane is one call of one route: its queued events form a queue by `number`, and its head is the
// lowest. A lane has a time from which its head is due. An event that enters an empty lane is due at once.
// No pause is longer than an hour. So a time further ahead than kDueFarthest was written when the wall clock
// was ahead, and is not waited for: due is what has due <= now or due > now + kDueFarthest.

#include <callgate/base/error.hpp>
#include <callgate/delivery/event.hpp>
#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace callgate::delivery {

inline constexpr std::chrono::minutes kDueFarthest{70};

struct Added {
  std::size_t fresh = 0;  // stored now
  std::size_t known = 0;  // stored before, by the same key: left as they are, whatever their body
};

struct Due {
  std::vector<Stored> heads;  // of lanes that are due, those that waited longest first
  std::optional<base::WallTime>
      next;  // when the next lane of the route will be due; nothing: none is waiting
};

// What became of one hand-over.
struct Report {
  enum class What : std::uint8_t {
    delivered,  // state delivered; the lane's next event is due at once
    again,      // stays the head; the lane is due at `due`
    dead,       // state dead; the lane's next event is due at once
  };
  std::int64_t number = 0;
  What what = What::again;
  base::WallTime at{};
  base::WallTime due{};  // of again
  int attempts = 0;
  base::WallTime first_tried_at{};
  std::string note;
};

// Events lent to a consumer: nobody else gets them, nor any other event of their lanes, until all of them are
// acknowledged or `until` has passed. Then those that were not acknowledged are lent again.
struct Lease {
  std::string id;
  base::WallTime until{};
  std::vector<Stored> events;  // by number
};

struct Filter {
  std::optional<State> state;  // nothing: any
  std::string call;            // empty: any
  std::int64_t after = 0;      // only greater numbers
  std::size_t most = 100;
};

struct Stats {
  std::uint64_t queued = 0;  // lent ones included
  std::uint64_t delivered = 0;
  std::uint64_t taken = 0;
  std::uint64_t dead = 0;
  std::uint64_t lanes = 0;                         // with something queued
  std::optional<base::WallTime> oldest_queued_at;  // when it was received
  std::uint64_t bytes = 0;                         // of the file, its log included
  std::uint64_t lent = 0;                          // of those queued, what consumers have now
};

class Store {
 public:
  template <class T>
  using Done = std::function<void(base::Result<T>)>;

  Store() = default;
  Store(const Store&) = delete;
  Store& operator=(const Store&) = delete;
  virtual ~Store() = default;

  // All events of one request or none. Success means durable: also where all were known already, for the
  // transaction that holds them may be no older than this call. An error means that nothing may be promised.
  virtual void add(Accepted accepted, Done<Added> done) = 0;

  // ---- For who pushes. Heads that are in somebody's hands are the caller's to remember. ----
  virtual void find_due(std::string route, base::WallTime now, std::size_t most, Done<Due> done) = 0;
  // A report on an event that is no longer queued changes nothing, and is no error.
  virtual void record(Report report, Done<void> done) = 0;

  // ---- For who takes. ----
  virtual void take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now,
                    Done<Lease> done) = 0;
  // `keys` empty: all of the lease. How many are taken now; 0 where the lease ran out or never was.
  virtual void ack(std::string lease, std::vector<std::string> keys, base::WallTime now,
                   Done<std::size_t> done) = 0;

  // ---- For people. ----
  // Without bodies and claims, by number.
  virtual void list(Filter filter, Done<std::vector<Stored>> done) = 0;
  virtual void show(std::string key, Done<std::optional<Stored>> done) = 0;
  // Queued again in its old place, as if never tried; false: there is none, or it is queued anyway.
  virtual void redeliver(std::string key, base::WallTime now, Done<bool> done) = 0;
  // Deletes everything of a call, on every route, whatever its state. How many events.
  virtual void forget(std::string call, Done<std::size_t> done) = 0;
  virtual void stats(Done<Stats> done) = 0;

  // Why it takes nothing at the moment, for a person; empty: it does. Cheap.
  virtual std::string trouble() const = 0;
};

}  // namespace callgate::delivery
