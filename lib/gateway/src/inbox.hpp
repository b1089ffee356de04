// SPDX-License-Identifier: Apache-2.0
#pragma once
// The durable inbox of this process: the store, and the lane that pushes what is in it where routes have an
// application. Any thread, unless said otherwise.

#include <callgate/admin/commands.hpp>
#include <callgate/delivery/store.hpp>
#include <memory>
#include <mutex>

#include "judging.hpp"
#include "push_lane.hpp"

namespace callgate::gateway {

class Inbox {
 public:
  // Main thread. `clock` and `log` must live longer.
  Inbox(std::unique_ptr<delivery::Store> store, const base::Clock& clock, Log& log);
  // Main thread. Ends what is pushed as it is; what was added is stored, and told, first.
  ~Inbox();
  Inbox(const Inbox&) = delete;
  Inbox& operator=(const Inbox&) = delete;

  // Which routes are pushed, and where to, from now on.
  void use(const std::shared_ptr<const Judging>& judging);

  // `done` is called on a thread of the store's: success means durable.
  void add(delivery::Accepted accepted, delivery::Store::Done<delivery::Added> done);
  // Something was queued again by other hands.
  void look_again();

  delivery::Store& store() { return *store_; }
  bool pushes() const;

  // Begins no push any more; the future is set once those under way have ended.
  std::future<void> drain() { return lane_.drain(); }

  // Main thread, now and then: asks how full it is.
  void count();
  // As of the last count().
  admin::InboxCounts counts() const;
  admin::HealthCheck health() const;

 private:
  PushLane lane_;  // the store calls into it until it is gone
  mutable std::mutex mutex_;
  std::shared_ptr<const config::ServeSettings> settings_;  // in use
  std::vector<std::string> pushed_;                        // routes
  delivery::Stats stats_;
  std::unique_ptr<delivery::Store> store_;
};

}  // namespace callgate::gateway
