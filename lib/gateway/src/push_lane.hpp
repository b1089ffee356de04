// SPDX-License-Identifier: Apache-2.0
#pragma once
// The event loop, on a thread of its own, from which stored events are pushed to applications. Any thread
// may call, once start() has returned.

#include <atomic>
#include <callgate/delivery/dispatcher.hpp>
#include <callgate/net/worker.hpp>
#include <callgate/sink_http/http_sink.hpp>
#include <future>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "log.hpp"

namespace callgate::gateway {

class PushLane {
 public:
  PushLane(const base::Clock& clock, Log& log);
  ~PushLane();
  PushLane(const PushLane&) = delete;
  PushLane& operator=(const PushLane&) = delete;

  // Main thread. `store` lives until after stop(), and calls back until it is gone: then the lane must still
  // be there.
  void start(delivery::Store& store);
  // Main thread: ends the thread and everything under way.
  void stop();

  void use(std::vector<delivery::PushRoute> routes, std::map<std::string, sink_http::Upstream> upstreams);
  // Something of the route was added or queued again. Costs the loop nothing while no route is in use: the
  // first one that is makes it look at all there is.
  void on_added(const std::string& route);
  // Begins no push any more; the future is set once those under way are told to the store.
  std::future<void> drain();

  // By result: "delivered", "again" ...
  std::vector<std::pair<std::string, std::uint64_t>> tried() const;

 private:
  class Loop;

  delivery::PushWatch watch();

  const base::Clock& clock_;
  Log& log_;
  net::Worker worker_;
  std::unique_ptr<Loop> loop_;
  std::optional<sink_http::HttpSink> sink_;
  std::optional<delivery::Dispatcher> dispatcher_;
  std::atomic<bool> has_routes_{false};
  std::thread thread_;
};

}  // namespace callgate::gateway
