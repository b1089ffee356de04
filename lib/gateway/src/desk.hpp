// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where requests are answered that have to wait for something: a thread of its own, one request after the
// other, so that the loop they came from goes on meanwhile. Its functions: that loop's thread. It is made
// before that loop runs.

#include <callgate/net/server.hpp>
#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <thread>

namespace callgate::gateway {

class Desk {
 public:
  static constexpr std::size_t kWaitingMax = 16;            // the one that is being answered included
  static constexpr std::chrono::seconds kTurnPatience{10};  // for one's turn

  // On the desk's thread. `in_time`: false where its turn came so late that it should not begin any more.
  using Work = std::function<http::Response(bool in_time)>;

  // `home`: the loop of the exchanges. It lives longer, and has ended when the desk goes: that waits for the
  // work that has begun, and drops the rest.
  explicit Desk(net::Worker& home, std::chrono::milliseconds turn_patience = kTurnPatience);
  ~Desk();
  Desk(const Desk&) = delete;
  Desk& operator=(const Desk&) = delete;

  bool is_full() const { return waiting_.size() >= kWaitingMax; }
  // Answers the exchange with what `work` gives back.
  void answer(std::shared_ptr<net::Exchange> exchange, Work work);

 private:
  net::Worker& home_;
  const std::chrono::milliseconds turn_patience_;
  // In the order of their answers. They stay here, for the desk's thread may not touch them.
  std::deque<std::shared_ptr<net::Exchange>> waiting_;
  net::Worker worker_;
  std::thread thread_;
};

}  // namespace callgate::gateway
