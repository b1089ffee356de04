// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <callgate/digest/random.hpp>
#include <callgate/gate/handshake.hpp>
#include <utility>

#include "forward.hpp"
#include "respond.hpp"

namespace callgate::gateway {

using refusal::Judged;
using refusal::Reason;
using refusal::Refusal;

namespace {

constexpr std::chrono::milliseconds kKeysPatience{2'000};

}  // namespace

// One callback on its way: the exchange, what it is judged with, what proved it, and what will be written in
// the log. Alive until it is answered, or until the sender has gone.
struct Intake::Callback {
  explicit Callback(std::size_t& counter) : in_flight(counter) { ++in_flight; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { --in_flight; }

  std::size_t& in_flight;
  std::shared_ptr<net::Exchange> exchange;
  std::shared_ptr<const Judging> judging;
  const Judging::Route* route = nullptr;
  base::MonoTime started;
  VerdictRecord record;
  std::size_t slot = 0;  // in the counters
  std::variant<std::monostate, gate::ProvenToken, gate::ProvenSecret> proof;
  const gate::Provider* provider = nullptr;  // of a proven token
  bool has_waited = false;
  std::optional<Refusal> otherwise;  // if the key it waits for does not come
  std::shared_ptr<void> patience;    // ends the wait for keys
};

Intake::Intake(const base::Clock& clock, Log& log, Counters& counters)
    : clock_(clock), log_(log), counters_(counters) {}

// ---- The way of a callback: head, proof, body, and on to the application. ----

void Intake::handle(std::shared_ptr<net::Exchange> exchange) {
  auto callback = std::make_shared<Callback>(in_flight_);
  callback->started = clock_.mono();
  callback->record.received_at = clock_.wall();
  callback->record.request_id = digest::random_uuid();
  callback->record.peer = exchange->peer().text();
  callback->exchange = std::move(exchange);
  callback->judging = judging_;
  if (in_flight_ > judging_->settings->server.limits.requests_in_flight_max) {
    return refuse(callback, {Reason::overloaded, "too many requests are in work; send again soon"});
  }
  judge(callback);
}

void Intake::judge(const CallbackPtr& callback) {
  if (auto judged = judge_head(*callback); !judged) return refuse(callback, judged.error());
  judge_proof(callback);
}

void Intake::judge_proof(const CallbackPtr& callback) {
  const config::RouteSettings& route = *callback->route->settings;
  if (route.query_secret) {
    const auto secret = gate::judge_query_secret(callback->exchange->head().query(), *route.query_secret);
    if (!secret) return refuse(callback, secret.error());
    callback->proof = *secret;
  }
  if (callback->route->senders.empty()) return read_body(callback);
  judge_token(callback);
}

void Intake::read_body(const CallbackPtr& callback) {
  const std::size_t most = callback->judging->settings->server.limits.body_bytes_max;
  callback->exchange->read_body(most, [this, callback](Judged<std::string> body) {
    if (!body) return refuse(callback, body.error());
    judge_body(callback, std::move(*body));
  });
}

void Intake::judge_body(const CallbackPtr& callback, std::string body) {
  const http::Headers& headers = callback->exchange->head().headers;
  const auto* token = std::get_if<gate::ProvenToken>(&callback->proof);
  if (callback->route->takes_handshakes) {
    const std::string& method = callback->exchange->head().method;
    const auto handshake =
        token != nullptr
            ? gate::judge_handshake(*token, *callback->provider, method, headers, body)
            : gate::judge_handshake(std::get<gate::ProvenSecret>(callback->proof), method, headers, body);
    if (!handshake) return refuse(callback, handshake.error());
    if (*handshake) return admit(callback, handshake_answer(**handshake, callback->record.request_id));
  }
  const auto batch = token != nullptr
                         ? gate::judge_body(*token, *callback->provider, headers, body)
                         : gate::judge_body(std::get<gate::ProvenSecret>(callback->proof), headers, body);
  if (!batch) return refuse(callback, batch.error());
  for (const events::Event& event : batch->events) callback->record.event_types.push_back(event.type);
  callback->record.call_id = batch->events.front().call_connection_id;

  if (callback->route->settings->deliver == config::Deliver::forward)
    return forward(callback, std::move(body));
  admit(callback, success(callback->record.request_id));
}

void Intake::forward(const CallbackPtr& callback, std::string body) {
  const Proof proof{callback->record.request_id, callback->record.provider,
                    std::get_if<gate::ProvenToken>(&callback->proof), callback->record.received_at};
  net::send(callback->exchange->worker(), *callback->route->settings->upstream,
            forwarded_request(callback->exchange->head(), std::move(body), proof), client_limits_,
            [this, callback](tl::expected<http::Response, net::ClientError> answer) {
              if (answer)
                return admit(callback, returned_response(std::move(*answer), callback->record.request_id));
              const bool timeout = answer.error().kind == net::ClientError::Kind::timeout;
              log_.message(Level::warning, "upstream: " + answer.error().message);
              refuse(callback,
                     timeout ? Refusal{Reason::upstream_timeout, "the application did not answer in time"}
                             : Refusal{Reason::upstream_unreachable, "the application gave no answer"});
            });
}

// ---- Single judgements. ----

namespace {

// Whether the callback may come from where it does. An address that cannot be told is none of those allowed.
Judged<void> judge_source(const http::Address& peer, const http::Headers& headers,
                          const config::ServerSettings& server, const config::RouteSettings& route) {
  if (route.allowed_sources.empty()) return {};
  // With a PROXY header the peer is the source already.
  const auto source =
      server.proxy_protocol ? std::optional(peer) : http::find_source(peer, headers, server.trusted_proxies);
  if (source && http::is_in(*source, route.allowed_sources)) return {};
  return refusal::refuse(Reason::source_not_allowed,
                         "callbacks from this address are not taken on this route");
}

}  // namespace

Judged<void> Intake::judge_head(Callback& callback) const {
  const http::RequestHead& head = callback.exchange->head();
  const config::ServerSettings& server = callback.judging->settings->server;
  callback.route = callback.judging->find_route(head.path());
  if (callback.route == nullptr) {
    return refusal::refuse(Reason::route_unknown, "no route is configured for this path");
  }
  if (callback.route->callers.size() == 1) {
    callback.record.provider = callback.route->callers.front().name;
    callback.slot = callback.route->callers.front().slot;
  }
  const bool consent = callback.route->takes_handshakes && gate::asks_consent(head.method, head.headers);
  if (head.method != "POST" && !consent)
    return refusal::refuse(Reason::method_not_allowed, "callbacks are sent with POST");
  for (const std::string_view expectation : head.headers.list("Expect")) {
    if (!http::equals_ignoring_case(expectation, "100-continue")) {
      return refusal::refuse(Reason::expectation_failed, "only the expectation 100-continue can be met");
    }
  }
  const std::size_t most = server.limits.body_bytes_max;
  if (callback.exchange->framing().content_length.value_or(0) > most) {
    return refusal::refuse(Reason::body_too_large,
                           "the body may have at most " + std::to_string(most) + " bytes");
  }
  return judge_source(callback.exchange->peer(), head.headers, server, *callback.route->settings);
}

void Intake::judge_token(const CallbackPtr& callback) {
  const base::WallTime now = clock_.wall();
  const base::MonoTime begun = clock_.mono();
  gate::TokenStep step = gate::judge_token(callback->exchange->head().headers, callback->route->senders, now);
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
  read_body(callback);
}

// A key that is not there yet may come with the refresh that this very token asks for. Once, and not for
// long.
bool Intake::wait_for_keys(const CallbackPtr& callback) {
  bool soon = false;
  const auto& senders = callback->route->senders;
  for (std::size_t i = 0; i < senders.size(); ++i) {
    if (senders[i].keys == nullptr) continue;  // asked for already, and again until it is there
    KeySource& source = *callback->route->callers[i].source;
    soon = source.report_unknown_kid(senders[i].keys) == oidc::Refresh::soon || soon;
  }
  // Strangers can wait here: half of what may be in work stays free for others.
  const std::size_t most_waiting = callback->judging->settings->server.limits.requests_in_flight_max / 2;
  if (callback->has_waited || !soon || waiting_.size() >= most_waiting) return false;
  callback->has_waited = true;
  callback->patience =
      callback->exchange->worker().after(kKeysPatience, [this, waiting = std::weak_ptr(callback)] {
        const auto tired = waiting.lock();
        if (!tired || std::erase(waiting_, tired) == 0) return;
        refuse(tired, *tired->otherwise);
      });
  waiting_.push_back(callback);
  return true;
}

// From the head on: the route may be another now.
void Intake::use(std::shared_ptr<const Judging> judging) {
  judging_ = std::move(judging);
  for (const CallbackPtr& callback : std::exchange(waiting_, {})) {
    callback->patience.reset();
    callback->judging = judging_;
    judge(callback);
  }
}

// ---- Endings: answer, then one line in the log. ----

void Intake::refuse(const CallbackPtr& callback, const Refusal& refusal) {
  callback->record.decision = gate::decision_of(refusal.reason);
  callback->record.reason = refusal.reason;
  end(callback,
      problem(refusal, callback->record.request_id, callback->judging->settings->server.reveal_reasons));
}

void Intake::admit(const CallbackPtr& callback, http::Response response) {
  callback->record.decision = gate::Decision::admit;
  end(callback, std::move(response));
}

void Intake::end(const CallbackPtr& callback, http::Response response) {
  VerdictRecord& record = callback->record;
  record.status = response.status;
  const auto span = clock_.mono() - callback->started;
  record.milliseconds = std::chrono::duration<double, std::milli>(span).count();
  counters_.count(callback->slot, record.reason);  // first: whoever has the answer finds it counted
  counters_.observe_request(span);
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
  log_.verdict(record);
  return response;
}

}  // namespace callgate::gateway
