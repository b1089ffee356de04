// SPDX-License-Identifier: Apache-2.0
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/keys_http/live_keys.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>

namespace callgate::keys_http {

struct LiveKeys::State {
  mutable std::mutex mutex;  // guards keys
  mutable std::condition_variable changed;
  oidc::Keys keys;
  std::optional<BackgroundKeys> background;  // last: its thread ends before the rest goes
};

LiveKeys::LiveKeys(oidc::Issuer issuer, const oidc::KeyCacheSettings& settings)
    : state_(std::make_unique<State>()) {
  state_->background.emplace(BackgroundKeys::Settings{.issuer = std::move(issuer), .cache = settings},
                             make_curl_fetcher(), [state = state_.get()](const KeysUpdate& update) {
                               const std::lock_guard lock(state->mutex);
                               state->keys = update.keys;
                               state->changed.notify_all();
                             });
}

LiveKeys::~LiveKeys() = default;

oidc::Keys LiveKeys::current() const {
  const std::lock_guard lock(state_->mutex);
  return state_->keys;
}

bool LiveKeys::wait_until_ready(std::chrono::milliseconds patience) const {
  std::unique_lock lock(state_->mutex);
  return state_->changed.wait_for(lock, patience, [this] { return state_->keys != nullptr; });
}

void LiveKeys::report_unknown_kid(const oidc::Keys& judged_with) {
  state_->background->report_unknown_kid(judged_with.get());
}

}  // namespace callgate::keys_http
