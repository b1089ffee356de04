// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <callgate/delivery/accept.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/gate/handshake.hpp>
#include <callgate/gate/replay_check.hpp>
#include <callgate/http/trace_context.hpp>
#include <utility>

#include "forward.hpp"
#include "head_check.hpp"
#include "kept.hpp"
#include "replay_claim.hpp"
#include "respond.hpp"

namespace callgate::gateway {

using refusal::Judged;
using refusal::Reason;
using refusal::Refusal;

namespace {

constexpr std::chrono::milliseconds kKeysPatience{2'000};
constexpr std::size_t kJudgedInATurn = 16;  // then what has arrived meanwhile is read

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

// How long a try may say nothing before a retry takes its place.
std::chrono::milliseconds lease_of(const config::RouteSettings& route) {
  const auto work =
      route.deliver == config::Deliver::forward ? route.upstream_timeout : std::chrono::milliseconds{0};
  return work + std::chrono::seconds{5};
}

// Whether an answer of the application, or of ours, says that it need not see the callback again.
bool is_final(int status) {
  return status < 500 && status != 408 && status != 425 && status != 429;
}

Refusal refusal_of(const net::ClientError& error) {
  if (error.busy) return {Reason::overloaded, "the application has no time for one more; send again soon"};
  if (error.kind == net::ClientError::Kind::timeout)
    return {Reason::upstream_timeout, "the application did not answer in time"};
  return {Reason::upstream_unreachable, "the application gave no answer"};
}

}  // namespace

// One callback on its way: the exchange, what it is judged with, what proved it, and what will be written in
// the log. Alive until it is answered, or until the sender has gone.
struct Intake::Callback {
  explicit Callback(std::shared_ptr<std::size_t> counter) : in_flight(std::move(counter)) { ++*in_flight; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { --*in_flight; }

  const std::shared_ptr<std::size_t> in_flight;
  std::shared_ptr<net::Exchange> exchange;
  std::shared_ptr<const Judging> judging;
  const Judging::Route* route = nullptr;
  bool is_question = false;  // another proxy asks, and holds the body itself
  base::MonoTime started;
  VerdictRecord record;
  std::size_t slot = 0;  // in the counters
  std::variant<std::monostate, gate::ProvenToken, gate::ProvenSecret> proof;
  const gate::Provider* provider = nullptr;  // of a proven token
  std::string key_set;                       // it was proven with
  std::optional<std::string> body;
  std::optional<events::Batch> batch;
  std::optional<replay::Ticket> use;          // of the token: what became of it is still to be told
  std::optional<Reason> passed;               // in shadow mode, although it would have been refused
  std::optional<base::MonoTime> waits_until;  // since it first waited for a key
  std::optional<Refusal> otherwise;           // if the key it waits for does not come
  std::shared_ptr<void> patience;             // ends the wait for keys

  const http::RequestHead& head() const { return exchange->head(); }
  const gate::ProvenToken* token() const { return std::get_if<gate::ProvenToken>(&proof); }
};

Intake::Intake(const base::Clock& clock, Log& log, VerdictBook& verdicts, Counters& counters,
               replay::ReplayStore& uses, net::ClientPool& upstreams, Inbox* inbox)
    : clock_(clock),
      log_(log),
      verdicts_(verdicts),
      counters_(counters),
      uses_(uses),
      upstreams_(upstreams),
      inbox_(inbox) {}

// ---- The way of a callback: head, proof, body, use of the token, and on to the application. ----

void Intake::handle(std::shared_ptr<net::Exchange> exchange) {
  auto callback = std::make_shared<Callback>(in_flight_);
  callback->started = clock_.mono();
  callback->record.received_at = clock_.wall();
  callback->record.request_id = digest::random_uuid();
  callback->record.peer = exchange->peer().text();
  callback->record.trace_id = http::find_trace_id(exchange->head().headers).value_or("");
  callback->exchange = std::move(exchange);
  callback->judging = judging_;
  if (*in_flight_ - queued_.size() > judging_->settings->server.limits.requests_in_flight_max) {
    return refuse(callback, {Reason::overloaded, "too many requests are in work; send again soon"});
  }
  if (judge_head(callback)) queue(callback);
}

// False: it has been refused.
bool Intake::judge_head(const CallbackPtr& callback) {
  find_route(*callback);
  if (callback->route == nullptr) {
    refuse(callback, {Reason::route_unknown, "no route is configured for this path"});
    return false;
  }
  const config::ServerSettings& server = callback->judging->settings->server;
  const auto checked = callback->is_question ? check_question(*callback->exchange, server, *callback->route)
                                             : check_head(*callback->exchange, server, *callback->route);
  if (!checked) refuse(callback, checked.error());
  return checked.has_value();
}

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

void Intake::judge_proof(const CallbackPtr& callback) {
  const config::RouteSettings& route = *callback->route->settings;
  if (route.query_secret) {
    const auto secret = gate::judge_query_secret(callback->head().query(), *route.query_secret);
    if (!secret) return refuse(callback, secret.error());
    callback->proof = *secret;
  }
  if (!callback->route->senders.empty()) return judge_token(callback);
  take_proven(callback);
}

void Intake::take_proven(const CallbackPtr& callback) {
  if (callback->is_question) return admit(callback, vouched(proof_of(*callback)));
  read_body(callback, [this, callback] { judge_body(callback); });
}

void Intake::read_body(const CallbackPtr& callback, std::function<void()> next) {
  const std::size_t most = callback->judging->settings->server.limits.body_bytes_max;
  callback->exchange->read_body(most, [this, callback, next = std::move(next)](Judged<std::string> body) {
    if (!body) return refuse(callback, body.error());
    callback->body = std::move(*body);
    next();
  });
}

void Intake::judge_body(const CallbackPtr& callback) {
  const http::Headers& headers = callback->head().headers;
  const std::string& body = *callback->body;
  const auto* token = callback->token();
  if (callback->route->takes_handshakes) {
    const std::string& method = callback->head().method;
    const auto handshake =
        token != nullptr
            ? gate::judge_handshake(*token, *callback->provider, method, headers, body)
            : gate::judge_handshake(std::get<gate::ProvenSecret>(callback->proof), method, headers, body);
    if (!handshake) return refuse(callback, handshake.error());
    if (*handshake) return admit(callback, handshake_answer(**handshake, callback->record.request_id));
  }
  auto batch = token != nullptr
                   ? gate::judge_body(*token, *callback->provider, headers, body)
                   : gate::judge_body(std::get<gate::ProvenSecret>(callback->proof), headers, body);
  if (!batch) return refuse(callback, batch.error());
  for (const events::Event& event : batch->events) callback->record.event_types.push_back(event.type);
  callback->record.call_id = batch->events.front().call_connection_id;
  callback->batch = std::move(*batch);
  judge_use(callback);
}

void Intake::judge_use(const CallbackPtr& callback) {
  const config::RouteSettings& route = *callback->route->settings;
  const auto* token = callback->token();
  const auto mode =
      token != nullptr ? gate::replay_mode(route.replay, *callback->provider, *token) : std::nullopt;
  if (!mode) return deliver(callback);
  const auto lease = lease_of(route);
  const gate::ReplayTerms terms{
      .mode = *mode,
      .route = route.path,
      .lease = lease,
      .longest_way = callback->judging->settings->server.limits.body_timeout + kKeysPatience + lease};
  const auto use = gate::replay_use(*token, *callback->provider, callback->head().headers, *callback->batch,
                                    *callback->body, terms);
  if (!use) return refuse(callback, use.error());
  claim_use(uses_, counters_, clock_, callback->exchange->worker(), *use,
            [this, callback](replay::Outcome outcome) { take_use(callback, std::move(outcome)); });
}

void Intake::deliver(const CallbackPtr& callback) {
  switch (callback->route->settings->deliver) {
    case config::Deliver::none:
      return admit(callback, success(callback->record.request_id));
    case config::Deliver::forward:
      return forward(callback);
    case config::Deliver::inbox:
      return keep(callback);
  }
}

void Intake::forward(const CallbackPtr& callback) {
  const config::RouteSettings& route = *callback->route->settings;
  http::Request request = forwarded_request(callback->head(), std::move(*callback->body), proof_of(*callback),
                                            route.pass_authorization);
  if (!callback->passed && callback->batch && !route.hand_over_secrets.empty()) {
    add_signature(request, *callback->batch, route, callback->record.received_at);
  }
  if (route.shadow) add_shadow_mark(request.head.headers, callback->passed);
  net::ClientLimits limits;
  limits.total_timeout = route.upstream_timeout;
  upstreams_.send(*route.upstream, std::move(request), limits, callback->route->trust,
                  [this, callback](tl::expected<http::Response, net::ClientError> answer) {
                    if (answer)
                      return admit(callback,
                                   returned_response(std::move(*answer), callback->record.request_id));
                    log_.message_of_request(Level::warning, "upstream: " + answer.error().message);
                    refuse(callback, refusal_of(answer.error()));
                  });
}

// The answer waits until the events are durable, also where they all were known.
void Intake::keep(const CallbackPtr& callback) {
  if (inbox_ == nullptr) return refuse(callback, {Reason::inbox_unavailable, "there is no inbox yet"});
  auto accepted =
      delivery::accept(passage_of(callback->head(), proof_of(*callback), callback->route->settings->path),
                       verdict_of(proof_of(*callback), callback->head().headers, callback->key_set),
                       *callback->batch, std::move(*callback->body));
  if (!accepted) return refuse(callback, accepted.error());
  // A copy that can be moved on: the store's thread must not be the last to hold a callback, which is the
  // loop's.
  inbox_->add(std::move(*accepted),
              [this, callback = CallbackPtr(callback)](base::Result<delivery::Added> added) mutable {
                net::Worker& worker = callback->exchange->worker();
                worker.post([this, callback = std::move(callback), added = std::move(added)] {
                  if (added) return admit(callback, success(callback->record.request_id));
                  log_.message_of_request(Level::error, "inbox: " + added.error().message);
                  refuse(callback, {Reason::inbox_unavailable,
                                    "the event could not be made durable; send it again soon"});
                });
              });
}

// ---- Single steps. ----

void Intake::find_route(Callback& callback) {
  const std::string_view path = callback.head().path();
  callback.route = callback.judging->find_authorize(path);
  callback.is_question = callback.route != nullptr;
  if (!callback.is_question) callback.route = callback.judging->find_route(path);
  if (callback.route == nullptr) return;
  const config::RouteSettings& settings = *callback.route->settings;
  callback.record.route = callback.is_question ? settings.authorize : settings.path;
  if (callback.route->callers.size() != 1) return;
  callback.record.provider = callback.route->callers.front().name;
  callback.slot = callback.route->callers.front().slot;
}

// What the record of uses says: this is the first of its kind, or it came before.
void Intake::take_use(const CallbackPtr& callback, replay::Outcome outcome) {
  if (auto* refused = std::get_if<Refusal>(&outcome)) return refuse(callback, *refused);
  if (const auto* repeat = std::get_if<replay::Repeat>(&outcome)) {
    callback->record.repeat = true;
    return admit(callback, repeated(repeat->status, callback->record.request_id));
  }
  const auto* first = std::get_if<replay::First>(&outcome);
  if (first == nullptr) {
    return refuse(callback,
                  {Reason::replay_store_unavailable, "the same callback is in work; send it again soon"},
                  replay::kRetryAfter);
  }
  callback->use = first->ticket;
  if (first->other_bodies > 0) {
    log_.message_of_request(
        Level::warning,
        "replay: token " + first->ticket.token.short_text() +
            " came with another body than before, for the " + std::to_string(first->other_bodies) +
            ". time; let through, as the route only observes; request=" + callback->record.request_id);
  }
  deliver(callback);
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

Proof Intake::proof_of(const Callback& callback) {
  return {callback.record.request_id, callback.record.provider, callback.token(),
          callback.record.received_at};
}

void Intake::judge_token(const CallbackPtr& callback) {
  const base::WallTime now = clock_.wall();
  const base::MonoTime begun = clock_.mono();
  gate::TokenStep step = gate::judge_token(callback->head().headers, callback->route->senders, now);
  counters_.observe_verify(clock_.mono() - begun);
  callback->record.kid = std::move(step.unverified_kid);
  if (std::holds_alternative<gate::NeedsKeys>(step.outcome)) {
    callback->otherwise = std::move(std::get<gate::NeedsKeys>(step.outcome).otherwise);
    if (wait_for_keys(callback)) return;
    return refuse(callback, *callback->otherwise);
  }
  const Judging::Caller& caller = callback->route->callers[step.sender];
  callback->record.provider = caller.name;
  callback->slot = caller.slot;
  if (step.issued_at) caller.source->observe_issued_at(*step.issued_at, now);
  if (auto* refused = std::get_if<Refusal>(&step.outcome)) return refuse(callback, *refused);
  callback->proof = std::move(std::get<gate::ProvenToken>(step.outcome));
  callback->provider = callback->route->senders[step.sender].provider;
  callback->key_set = callback->judging->key_set_digests[callback->route->settings->providers[step.sender]];
  take_proven(callback);
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

// ---- Endings: answer, then one line in the log. ----

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

http::Response Intake::answer_fault(const Refusal& refusal) {
  VerdictRecord record;
  record.received_at = clock_.wall();
  record.request_id = digest::random_uuid();
  record.decision = gate::decision_of(refusal.reason);
  record.reason = refusal.reason;
  http::Response response = problem(refusal, record.request_id, judging_->settings->server.reveal_reasons);
  record.status = response.status;
  record.peer = "-";
  counters_.count(0, refusal.reason);
  verdicts_.add(record);
  log_.verdict(record);
  return response;
}

}  // namespace callgate::gateway
