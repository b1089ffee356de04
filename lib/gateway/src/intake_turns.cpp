// SPDX-License-Identifier: Apache-2.0
// Who waits: for a turn of the loop, before the dear part of the judging, and for a key that may come soon.
#include <algorithm>

#include "callback.hpp"
#include "intake.hpp"

namespace callgate::gateway {

using refusal::Reason;

namespace {

constexpr std::size_t kJudgedInATurn = 16;  // then what has arrived meanwhile is read

}  // namespace

// What comes next costs many times what has been done. So everything that has arrived is read first: it is
// known then who waits, and for how long.
void Intake::queue(const CallbackPtr& callback) {
  queued_.push(callback, callback->started);
  if (std::exchange(turn_asked_, true)) return;
  callback->exchange->worker().post([this] { judge_queued(); });
}

void Intake::judge_queued() {
  queued_.begin_turn(clock_.mono(), judging_->settings->server.limits.overload_after);
  net::Worker* worker = nullptr;
  for (std::size_t i = 0; i < kJudgedInATurn; ++i) {
    const auto next = queued_.next(clock_.mono());
    if (!next) break;
    worker = &next->who->exchange->worker();
    if (next->turned_away) {
      refuse(next->who, {Reason::overloaded, "more arrives than can be judged; send again soon"});
    } else {
      judge_proof(next->who);
    }
  }
  turn_asked_ = !queued_.empty();
  if (turn_asked_ && worker != nullptr) worker->post([this] { judge_queued(); });
}

// A key that is not there yet may come with the refresh that this very token asks for. A refresh that was
// under way already may have read the set too early; then the next one is waited for too. Not for long in
// all.
bool Intake::wait_for_keys(const CallbackPtr& callback) {
  bool soon = false;
  const auto& senders = callback->route->senders;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    if (senders[i].keys == nullptr) continue;  // asked for already, and again until it is there
    KeySource& source = *callback->route->callers[i].source;
    if (!callback->waits_until) source.count_unknown_kid();
    soon = source.report_unknown_kid(senders[i].keys) == oidc::Refresh::soon || soon;
  }
  // Strangers can wait here: half of what may be in work stays free for others.
  const std::size_t most_waiting = callback->judging->settings->server.limits.requests_in_flight_max / 2;
  if (!soon || waiting_.size() >= most_waiting) return false;
  const base::MonoTime now = clock_.mono();
  if (!callback->waits_until) callback->waits_until = now + kKeysPatience;
  const auto rest = std::chrono::duration_cast<std::chrono::milliseconds>(*callback->waits_until - now);
  if (rest.count() <= 0) return false;
  callback->patience = callback->exchange->worker().after(rest, [this, waiting = std::weak_ptr(callback)] {
    const auto tired = waiting.lock();
    if (!tired || std::erase(waiting_, tired) == 0) return;
    refuse(tired, *tired->otherwise);
  });
  waiting_.push_back(callback);
  return true;
}

void Intake::use(std::shared_ptr<const Judging> judging) {
  judging_ = std::move(judging);
  const bool under_way = !to_judge_.empty();
  for (CallbackPtr& callback : waiting_) {
    callback->patience.reset();
    to_judge_.push_back(std::move(callback));
  }
  waiting_.clear();
  if (!under_way) judge_those_that_waited();
}

// From the head on: the route may be another now. A few in each turn of the loop, so that they do not hold up
// those who come meanwhile.
void Intake::judge_those_that_waited() {
  for (std::size_t i = 0; i < kJudgedInATurn && !to_judge_.empty(); ++i) {
    const CallbackPtr callback = std::move(to_judge_.front());
    to_judge_.pop_front();
    callback->judging = judging_;
    if (judge_head(callback)) judge_proof(callback);
  }
  if (!to_judge_.empty()) to_judge_.front()->exchange->worker().post([this] { judge_those_that_waited(); });
}

}  // namespace callgate::gateway
