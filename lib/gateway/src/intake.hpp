// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole way of a callback, on one worker. Every member function runs on that worker's thread.

#include <callgate/base/clock.hpp>
#include <callgate/net/client_pool.hpp>
#include <callgate/net/server.hpp>
#include <callgate/replay/store.hpp>
#include <deque>
#include <functional>
#include <memory>
#include <vector>

#include "backlog.hpp"
#include "counters.hpp"
#include "forward.hpp"
#include "inbox.hpp"
#include "judging.hpp"
#include "log.hpp"
#include "respond.hpp"
#include "verdict_book.hpp"

namespace callgate::gateway {

class Intake {
 public:
  // The references must outlive the worker's loop; pool, uses and inbox may go before the intake, once it has
  // ended. `inbox` is null where no route delivers there.
  Intake(const base::Clock& clock, Log& log, VerdictBook& verdicts, Counters& counters,
         replay::ReplayStore& uses, net::ClientPool& upstreams, Inbox* inbox);

  // What judges from now on. Callbacks that wait for a key are judged again.
  void use(std::shared_ptr<const Judging> judging);

  void handle(std::shared_ptr<net::Exchange> exchange);
  // The answer to what never became a request.
  http::Response answer_fault(const refusal::Refusal& refusal, const http::Address& peer);

 private:
  struct Callback;
  using CallbackPtr = std::shared_ptr<Callback>;

  bool judge_head(const CallbackPtr& callback);
  void queue(const CallbackPtr& callback);
  void judge_queued();
  void judge_proof(const CallbackPtr& callback);
  void judge_token(const CallbackPtr& callback);
  void take_proven(const CallbackPtr& callback);
  void read_body(const CallbackPtr& callback, std::function<void()> next);
  void judge_body(const CallbackPtr& callback);
  void judge_use(const CallbackPtr& callback);
  void deliver(const CallbackPtr& callback);
  void forward(const CallbackPtr& callback);
  void keep(const CallbackPtr& callback);

  static void find_route(Callback& callback);
  static Proof proof_of(const Callback& callback);
  bool wait_for_keys(const CallbackPtr& callback);
  void judge_those_that_waited();

  void take_use(const CallbackPtr& callback, replay::Outcome outcome);
  void settle_use(Callback& callback, int status);

  void refuse(const CallbackPtr& callback, const refusal::Refusal& refusal,
              std::chrono::seconds retry_after = kRetryAfter);
  void pass_in_shadow(const CallbackPtr& callback, refusal::Reason reason);
  void admit(const CallbackPtr& callback, http::Response response);
  void end(const CallbackPtr& callback, http::Response response);

  const base::Clock& clock_;
  Log& log_;
  VerdictBook& verdicts_;
  Counters& counters_;
  replay::ReplayStore& uses_;
  net::ClientPool& upstreams_;
  std::shared_ptr<const Judging> judging_;
  Inbox* const inbox_;
  const std::shared_ptr<std::size_t> in_flight_ = std::make_shared<std::size_t>(0);
  Backlog<CallbackPtr> queued_;       // the head is judged, the dear part is not
  bool turn_asked_ = false;           // to judge some of them
  std::vector<CallbackPtr> waiting_;  // for a refresh that is under way
  std::deque<CallbackPtr> to_judge_;  // it has come
};

}  // namespace callgate::gateway
