// SPDX-License-Identifier: Apache-2.0
// How a callback ends: an answer, then one line in the log.
#include <callgate/digest/random.hpp>

#include "callback.hpp"
#include "intake.hpp"
#include "respond.hpp"

namespace callgate::gateway {

using refusal::Reason;
using refusal::Refusal;

namespace {

// Whether shadow mode passes on what was refused so: all that says something about the callback itself.
bool passes_in_shadow(Reason reason) {
  switch (reason) {
    case Reason::route_unknown:
    case Reason::method_not_allowed:
    case Reason::expectation_failed:
    case Reason::body_too_large:
    case Reason::http_malformed:
    case Reason::request_timeout:
    case Reason::overloaded:
    case Reason::draining:
    case Reason::upstream_unreachable:
    case Reason::upstream_timeout:
      return false;
    default:
      return true;
  }
}

// Whether an answer of the application, or of ours, says that it need not see the callback again.
bool is_final(int status) {
  return status < 500 && status != 408 && status != 425 && status != 429;
}

}  // namespace

void Intake::refuse(const CallbackPtr& callback, const Refusal& refusal, std::chrono::seconds retry_after) {
  const bool shadow = callback->route != nullptr && callback->route->settings->shadow;
  if (shadow && !callback->is_question && !callback->passed && passes_in_shadow(refusal.reason))
    return pass_in_shadow(callback, refusal.reason);
  callback->record.decision = gate::decision_of(refusal.reason);
  callback->record.reason = refusal.reason;
  end(callback, problem(refusal, callback->record.request_id,
                        callback->judging->settings->server.reveal_reasons, retry_after));
}

void Intake::admit(const CallbackPtr& callback, http::Response response) {
  callback->record.decision = gate::Decision::admit;
  if (callback->passed) {
    callback->record.decision = gate::decision_of(*callback->passed);
    callback->record.reason = callback->passed;
    callback->record.shadow = true;
  }
  end(callback, std::move(response));
}

// What would have been refused goes on as if it had not, with nothing vouched for.
void Intake::pass_in_shadow(const CallbackPtr& callback, Reason reason) {
  callback->passed = reason;
  callback->proof = {};
  counters_.count_passed_in_shadow(callback->route->slot, reason);
  if (callback->body) return forward(callback);
  read_body(callback, [this, callback] { forward(callback); });
}

void Intake::end(const CallbackPtr& callback, http::Response response) {
  settle_use(*callback, response.status);
  VerdictRecord& record = callback->record;
  record.status = response.status;
  const auto span = clock_.mono() - callback->started;
  record.milliseconds = std::chrono::duration<double, std::milli>(span).count();
  // First: whoever has the answer finds it counted and listed.
  counters_.count(callback->slot, record.reason);
  counters_.observe_request(span);
  verdicts_.add(record);
  callback->exchange->answer(std::move(response));
  log_.verdict(record);
}

// The answer is final, or the next try of the sender is a new one.
void Intake::settle_use(Callback& callback, int status) {
  if (!callback.use) return;
  if (is_final(status))
    uses_.settle(*callback.use, status, {});
  else
    uses_.give_back(*callback.use, {});
  callback.use.reset();
}

http::Response Intake::answer_fault(const Refusal& refusal, const http::Address& peer) {
  VerdictRecord record;
  record.received_at = clock_.wall();
  record.request_id = digest::random_uuid();
  record.decision = gate::decision_of(refusal.reason);
  record.reason = refusal.reason;
  http::Response response = problem(refusal, record.request_id, judging_->settings->server.reveal_reasons);
  record.status = response.status;
  record.peer = peer.text();
  counters_.count(0, refusal.reason);
  verdicts_.add(record);
  log_.verdict(record);
  return response;
}

}  // namespace callgate::gateway
