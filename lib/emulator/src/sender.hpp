// SPDX-License-Identifier: Apache-2.0
#pragma once
// Places calls: sends their events to the callback URL and notes what came back. All of it on the worker's
// thread; the sender must outlive the worker's run(), worker, clock and issuer must outlive the sender.

#include <callgate/base/clock.hpp>
#include <callgate/net/worker.hpp>
#include <functional>
#include <memory>
#include <vector>

#include "issuer.hpp"
#include "order.hpp"
#include "result.hpp"

namespace callgate::emulator {

class Sender {
 public:
  using OnReport = std::function<void(Report)>;

  Sender(net::Worker& worker, const base::Clock& clock, const Issuer& issuer);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // The events of one call go out one after the other, each after the answer to the one before. With a rate,
  // calls start at that pace and run side by side, at most kCallsAtOnce of them; what is late starts as soon
  // as one ends. `done` is called once, with the events call by call in the order they were sent.
  void place(const CallOrder& order, OnReport done);

  static constexpr std::size_t kCallsAtOnce = 256;

 private:
  class Run;
  net::Worker& worker_;
  const base::Clock& clock_;
  const Issuer& issuer_;
  std::vector<std::shared_ptr<Run>> runs_;  // orders on their way
};

}  // namespace callgate::emulator
