// SPDX-License-Identifier: Apache-2.0
#pragma once
// The whole way of a callback, on one worker. Every member function runs on that worker's thread.

#include <callgate/base/clock.hpp>
#include <callgate/config/settings.hpp>
#include <callgate/net/client.hpp>
#include <callgate/net/server.hpp>
#include <functional>
#include <memory>

#include "log.hpp"

namespace callgate::gateway {

class Intake {
 public:
  // The references must outlive the worker's loop. report_unknown_kid may be called often and never waits; it
  // says whether use_keys will be called again soon.
  Intake(const config::ServeSettings& settings, const base::Clock& clock, Log& log,
         std::function<oidc::Refresh()> report_unknown_kid);

  // The set that judges from now on; null: none can be had. Callbacks that wait for a key are judged again.
  void use_keys(oidc::Keys keys);

  void handle(std::shared_ptr<net::Exchange> exchange);
  // The answer to what never became a request.
  http::Response answer_fault(const refusal::Refusal& refusal);

 private:
  struct Callback;
  using CallbackPtr = std::shared_ptr<Callback>;

  refusal::Judged<void> judge_head(const Callback& callback) const;
  // Nothing if the callback waits for keys.
  std::optional<refusal::Judged<gate::ProvenToken>> judge_token(const CallbackPtr& callback);
  bool wait_for_keys(const CallbackPtr& callback);
  void go_on_with(const CallbackPtr& callback, refusal::Judged<gate::ProvenToken> token);
  void judge_body(const CallbackPtr& callback, std::string body);
  void forward(const CallbackPtr& callback, std::string body);
  void refuse(const CallbackPtr& callback, const refusal::Refusal& refusal);
  void admit(const CallbackPtr& callback, http::Response response);

  const config::ServeSettings& settings_;
  const base::Clock& clock_;
  Log& log_;
  std::function<oidc::Refresh()> report_unknown_kid_;
  http::Limits limits_;
  net::ClientLimits client_limits_;
  oidc::Keys keys_;
  std::vector<CallbackPtr> waiting_;  // for a refresh that is under way
};

}  // namespace callgate::gateway
