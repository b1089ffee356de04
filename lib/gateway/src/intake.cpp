// SPDX-License-Identifier: Apache-2.0
#include "intake.hpp"

#include <algorithm>
#include <callgate/digest/random.hpp>
#include <utility>

#include "forward.hpp"
#include "respond.hpp"

namespace callgate::gateway {

using refusal::Judged;
using refusal::Reason;
using refusal::Refusal;

namespace {

constexpr std::chrono::milliseconds kKeysPatience{2'000};
constexpr std::size_t kWaitingMax = 1'000;

}  // namespace

// One callback on its way: the exchange, and what will be written in the log.
struct Intake::Callback {
  std::shared_ptr<net::Exchange> exchange;
  base::MonoTime started;
  VerdictRecord record;
  std::optional<gate::ProvenToken> token;
  bool has_waited = false;
  std::shared_ptr<void> patience;  // ends the wait for keys
};

Intake::Intake(const config::ServeSettings& settings, const base::Clock& clock, Log& log,
               std::function<oidc::Refresh()> report_unknown_kid)
    : settings_(settings), clock_(clock), log_(log), report_unknown_kid_(std::move(report_unknown_kid)) {}

// ---- The way of a callback: head, token, body, and on to the application. ----

void Intake::handle(std::shared_ptr<net::Exchange> exchange) {
  auto callback = std::make_shared<Callback>();
  callback->started = clock_.mono();
  callback->record.received_at = clock_.wall();
  callback->record.request_id = digest::random_uuid();
  callback->record.peer = exchange->peer();
  callback->exchange = std::move(exchange);

  if (auto judged = judge_head(*callback); !judged) return refuse(callback, judged.error());

  callback->record.provider = settings_.provider.provider.name;
  if (auto token = judge_token(callback)) go_on_with(callback, std::move(*token));
}

void Intake::go_on_with(const CallbackPtr& callback, Judged<gate::ProvenToken> token) {
  if (!token) return refuse(callback, token.error());
  callback->token = std::move(*token);

  callback->exchange->read_body(limits_.body_bytes_max, [this, callback](Judged<std::string> body) {
    if (!body) return refuse(callback, body.error());
    judge_body(callback, std::move(*body));
  });
}

void Intake::judge_body(const CallbackPtr& callback, std::string body) {
  const auto batch = gate::judge_body(*callback->token, settings_.provider.provider,
                                      callback->exchange->head().headers, body);
  if (!batch) return refuse(callback, batch.error());
  for (const events::Event& event : batch->events) callback->record.event_types.push_back(event.type);
  callback->record.call_id = batch->events.front().call_connection_id;

  if (settings_.upstream) return forward(callback, std::move(body));
  admit(callback, success(callback->record.request_id));
}

void Intake::forward(const CallbackPtr& callback, std::string body) {
  const Proof proof{callback->record.request_id, callback->record.provider, &*callback->token,
                    callback->record.received_at};
  net::send(callback->exchange->worker(), *settings_.upstream,
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

// `path` itself and what is below it. Dot segments and encoded separators never match: an application behind
// us could read them as another path.
bool is_routed(std::string_view path, std::string_view route) {
  if (!path.starts_with(route)) return false;
  const std::string_view below = path.substr(route.size());
  if (!below.empty() && !below.starts_with('/') && !route.ends_with('/')) return false;
  const std::string lower = http::to_lower(below);
  for (const char* trick : {"/../", "/./", "%2e", "%2f", "%5c", "\\", "//"}) {
    if (lower.find(trick) != std::string::npos) return false;
  }
  return !lower.ends_with("/..") && !lower.ends_with("/.");
}

}  // namespace

Judged<void> Intake::judge_head(const Callback& callback) const {
  const http::RequestHead& head = callback.exchange->head();
  if (!is_routed(head.path(), settings_.path)) {
    return refusal::refuse(Reason::route_unknown, "no route is configured for this path");
  }
  if (head.method != "POST")
    return refusal::refuse(Reason::method_not_allowed, "callbacks are sent with POST");
  for (const std::string_view expectation : head.headers.list("Expect")) {
    if (!http::equals_ignoring_case(expectation, "100-continue")) {
      return refusal::refuse(Reason::expectation_failed, "only the expectation 100-continue can be met");
    }
  }
  if (callback.exchange->framing().content_length.value_or(0) > limits_.body_bytes_max) {
    return refusal::refuse(Reason::body_too_large,
                           "the body may have at most " + std::to_string(limits_.body_bytes_max) + " bytes");
  }
  return {};
}

std::optional<Judged<gate::ProvenToken>> Intake::judge_token(const CallbackPtr& callback) {
  gate::TokenStep step = gate::judge_token(callback->exchange->head().headers, settings_.provider.provider,
                                           keys_.get(), clock_.wall());
  callback->record.kid = std::move(step.unverified_kid);
  if (auto* proven = std::get_if<gate::ProvenToken>(&step.outcome)) return std::move(*proven);
  if (auto* refused = std::get_if<Refusal>(&step.outcome)) return tl::unexpected(std::move(*refused));
  if (wait_for_keys(callback)) return std::nullopt;
  return tl::unexpected(std::move(std::get<gate::NeedsKeys>(step.outcome).otherwise));
}

// A key that is not there yet may come with the refresh that this very token asks for. Once, and not for
// long.
bool Intake::wait_for_keys(const CallbackPtr& callback) {
  const oidc::Refresh refresh = report_unknown_kid_();
  if (callback->has_waited || refresh == oidc::Refresh::later || waiting_.size() >= kWaitingMax) return false;
  callback->has_waited = true;
  callback->patience =
      callback->exchange->worker().after(kKeysPatience, [this, waiting = std::weak_ptr(callback)] {
        const auto tired = waiting.lock();
        if (!tired || std::erase(waiting_, tired) == 0) return;
        refuse(tired, {Reason::key_unknown, "the key that 'kid' names is not in the issuer's key set"});
      });
  waiting_.push_back(callback);
  return true;
}

void Intake::use_keys(oidc::Keys keys) {
  keys_ = std::move(keys);
  for (const CallbackPtr& callback : std::exchange(waiting_, {})) {
    callback->patience.reset();
    if (auto token = judge_token(callback)) go_on_with(callback, std::move(*token));
  }
}

// ---- Endings: answer, then one line in the log. ----

void Intake::refuse(const CallbackPtr& callback, const Refusal& refusal) {
  VerdictRecord& record = callback->record;
  record.decision = gate::decision_of(refusal.reason);
  record.reason = refusal.reason;
  http::Response response = problem(refusal, record.request_id);
  record.status = response.status;
  callback->exchange->answer(std::move(response));
  record.milliseconds = std::chrono::duration<double, std::milli>(clock_.mono() - callback->started).count();
  log_.verdict(record);
}

void Intake::admit(const CallbackPtr& callback, http::Response response) {
  VerdictRecord& record = callback->record;
  record.decision = gate::Decision::admit;
  record.status = response.status;
  callback->exchange->answer(std::move(response));
  record.milliseconds = std::chrono::duration<double, std::milli>(clock_.mono() - callback->started).count();
  log_.verdict(record);
}

http::Response Intake::answer_fault(const Refusal& refusal) {
  VerdictRecord record;
  record.received_at = clock_.wall();
  record.request_id = digest::random_uuid();
  record.decision = gate::decision_of(refusal.reason);
  record.reason = refusal.reason;
  http::Response response = problem(refusal, record.request_id);
  record.status = response.status;
  record.peer = "-";
  log_.verdict(record);
  return response;
}

}  // namespace callgate::gateway
