// SPDX-License-Identifier: Apache-2.0
// The way of a callback: head, proof, body, use of the token, and on to the application. Each step ends it
// with refuse() or admit(), or calls the next. Who waits for a turn or for a key: intake_turns.cpp; how it
// ends: intake_endings.cpp.
#include "intake.hpp"

#include <callgate/delivery/accept.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/gate/handshake.hpp>
#include <callgate/gate/replay_check.hpp>
#include <callgate/http/trace_context.hpp>
#include <utility>

#include "callback.hpp"
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

// How long a try may say nothing before a retry takes its place.
std::chrono::milliseconds lease_of(const config::RouteSettings& route) {
  const auto work =
      route.deliver == config::Deliver::forward ? route.upstream_timeout : std::chrono::milliseconds{0};
  return work + std::chrono::seconds{5};
}

Refusal refusal_of(const net::ClientError& error) {
  if (error.busy) return {Reason::overloaded, "the application has no time for one more; send again soon"};
  if (error.kind == net::ClientError::Kind::timeout)
    return {Reason::upstream_timeout, "the application did not answer in time"};
  return {Reason::upstream_unreachable, "the application gave no answer"};
}

}  // namespace

Intake::Intake(const base::Clock& clock, Log& log, VerdictBook& verdicts, Counters& counters,
               replay::ReplayStore& uses, net::ClientPool& upstreams, Inbox* inbox)
    : clock_(clock),
      log_(log),
      verdicts_(verdicts),
      counters_(counters),
      uses_(uses),
      upstreams_(upstreams),
      inbox_(inbox) {}

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

Proof Intake::proof_of(const Callback& callback) {
  return {callback.record.request_id, callback.record.provider, callback.token(),
          callback.record.received_at};
}

}  // namespace callgate::gateway
