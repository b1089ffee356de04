// SPDX-License-Identifier: Apache-2.0
#pragma once
// A lane is one event loop on a thread of its own: those that serve callbacks, each with its accepting socket
// and its intake, and the one that serves the admin port.

#include <atomic>
#include <callgate/admin/site.hpp>
#include <callgate/net/server.hpp>
#include <future>
#include <memory>
#include <optional>
#include <thread>

#include "counters.hpp"
#include "desk.hpp"
#include "followers.hpp"
#include "intake.hpp"
#include "judging.hpp"
#include "log.hpp"

namespace callgate::gateway {

// Its public functions: the main thread, or where it says any.
class Lane {
 public:
  // `inbox` may be null.
  Lane(Log& log, VerdictBook& verdicts, replay::ReplayStore& uses, Inbox* inbox, net::Listener& listener,
       std::size_t index);
  ~Lane();
  Lane(const Lane&) = delete;
  Lane& operator=(const Lane&) = delete;

  void start();
  // Any thread. From the first one on the lane accepts.
  void use(std::shared_ptr<const Judging> judging);
  // How connections are taken from now on; once before the first use().
  void use(net::ServerOptions options);
  // The future is set once no connection is left.
  std::future<void> drain(std::chrono::milliseconds deadline);
  void stop();

  // Asks the loop for a sign of life; true if it has answered the last question.
  bool is_alive();

  const Counters& counters() const { return counters_; }

 private:
  net::Worker worker_;
  Counters counters_;
  Intake intake_;
  net::ClientPool upstreams_;  // goes before the intake, whose callbacks it may hold
  net::Listener& listener_;
  const std::size_t index_;
  net::ServerOptions options_;         // the loop's
  std::optional<net::Server> server_;  // the loop's
  std::promise<void> drained_;
  std::atomic<unsigned> answered_{0};
  unsigned asked_ = 0;
  std::thread thread_;
};

class AdminLane {
 public:
  // Serves until it is destroyed. `commands` must live longer; it is asked from the lane's own thread, and
  // from another one where the answer may wait for the store.
  AdminLane(net::Listener& listener, admin::SiteSettings settings, admin::Commands& commands);
  ~AdminLane();
  AdminLane(const AdminLane&) = delete;
  AdminLane& operator=(const AdminLane&) = delete;

 private:
  void handle(std::shared_ptr<net::Exchange> exchange);
  void answer(const std::shared_ptr<net::Exchange>& exchange, const std::string& body);
  void answer_at_desk(const std::shared_ptr<net::Exchange>& exchange, const std::string& body);

  const admin::SiteSettings settings_;
  admin::Commands& commands_;
  net::Worker worker_;
  Desk desk_;                          // the loop's
  Followers followers_;                // the loop's
  std::optional<net::Server> server_;  // the loop's
  std::thread thread_;
};

}  // namespace callgate::gateway
