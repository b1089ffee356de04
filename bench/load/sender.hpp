// SPDX-License-Identifier: Apache-2.0
#pragma once
// One thread's share of the load. A request has a time at which it is to start; latency is counted from then,
// also when no connection is free by that time, so that a slow server cannot hide behind a waiting client.

#include <chrono>
#include <deque>
#include <memory>
#include <optional>
#include <random>
#include <vector>

#include "callbacks.hpp"
#include "outcome.hpp"
#include "transport.hpp"

namespace callgate::load {

using Clock = std::chrono::steady_clock;

// Ends every sender early, as if its time were up. Safe in a signal handler.
void stop_sending();

class Sender {
 public:
  // Thread `thread` of options.threads: its share of the connections and of the rate.
  Sender(const SendOptions& options, const Callbacks& callbacks, std::shared_ptr<SSL_CTX> tls,
         unsigned thread);
  ~Sender();
  Sender(const Sender&) = delete;
  Sender& operator=(const Sender&) = delete;

  // Returns when every request has its answer or has failed.
  Outcome run();

 private:
  enum class State { free, establishing, sending, receiving };
  struct Slot {
    State state = State::free;
    std::optional<Transport> transport;
    const std::string* request = nullptr;
    std::string own;       // the request, where each carries an event of its own
    std::size_t line = 0;  // of it in the ledger
    std::size_t sent = 0;
    std::string received;
    bool good = false;
    Clock::time_point intended, begun, deadline;
  };

  void begin_due(Clock::time_point now);
  void begin(std::uint32_t number, Clock::time_point intended);
  void choose_request(Slot& slot);
  void drive(std::uint32_t number);
  void go_on(std::uint32_t number);
  void take_in(std::uint32_t number, bool broken);
  void finish(std::uint32_t number, int status, bool closes, bool retry_after);
  void fail(std::uint32_t number, Failure failure);
  void note_end(const Slot& slot, int status);
  void release(std::uint32_t number, bool keep);
  void count_failure(bool good, Clock::time_point intended, Failure failure);
  void time_out(Clock::time_point now);
  void wait(Clock::time_point now);
  void give_up(Clock::time_point intended);
  Second& second_of(Clock::time_point intended);
  KindOutcome& kind(bool good) { return good ? outcome_.good : outcome_.bad; }
  bool has_more(Clock::time_point now) const;

  const SendOptions& options_;
  const Callbacks& callbacks_;
  const std::shared_ptr<SSL_CTX> tls_;
  const unsigned thread_;
  const int epoll_;
  const Clock::duration timeout_;
  Clock::duration gap_{};  // between two starts; 0: closed loop
  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::deque<std::pair<Clock::time_point, std::uint32_t>> resting_;  // after a failure
  std::deque<Clock::time_point> waiting_;                            // due, but no slot was free
  Clock::time_point start_, end_, next_, next_sweep_;
  std::minstd_rand random_;
  unsigned opened_ = 0;
  std::size_t turn_ = 0;
  Outcome outcome_;
};

}  // namespace callgate::load
