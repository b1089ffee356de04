// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/oidc/key_cache.hpp>

namespace callgate::oidc {

using base::MonoTime;
using std::chrono::milliseconds;

namespace {

milliseconds scaled(milliseconds span, double factor) {
  return milliseconds{static_cast<milliseconds::rep>(static_cast<double>(span.count()) * factor)};
}

}  // namespace

KeyCache::KeyCache(KeyCacheSettings settings, std::function<double()> random)
    : settings_(settings), random_(std::move(random)) {}

MonoTime KeyCache::due() const {
  MonoTime due = MonoTime::max();
  if (keys_) due = confirmed_ + settings_.stale_max;
  if (in_flight_) return due;
  due = std::min(due, next_);
  if (forced_at_) due = std::min(due, *forced_at_);
  return due;
}

bool KeyCache::begin(MonoTime now) {
  if (in_flight_ || (now < next_ && !forced_is_due(now))) return false;
  if (forced_is_due(now)) {
    // The permit is spent before the fetch, so that failures count as well.
    last_forced_ = now;
    forced_at_.reset();
  }
  in_flight_ = true;
  return true;
}

void KeyCache::finish(MonoTime now, tl::expected<jose::KeySet, FetchError> outcome) {
  in_flight_ = false;
  if (!outcome) {
    last_error_ = std::move(outcome.error());
    if (now - confirmed_ >= settings_.stale_max) keys_ = nullptr;
    next_ = now + pause_after_failure();
    return;
  }
  keys_ = std::make_shared<const jose::KeySet>(std::move(*outcome));
  confirmed_ = now;
  last_error_.reset();
  failures_ = 0;
  next_ = now + scaled(settings_.refresh, 1.0 - 0.05 * random_());
}

milliseconds KeyCache::pause_after_failure() {
  const milliseconds most = keys_ ? settings_.retry_max : settings_.retry_max_without_keys;
  const int doublings = std::min(failures_++, 20);
  const milliseconds pause = std::min(settings_.retry_min * (1 << doublings), most);
  return scaled(pause, 1.0 - 0.25 * random_());
}

void KeyCache::report_unknown_kid(MonoTime now) {
  if (forced_at_) return;
  forced_at_ = last_forced_ ? std::max(now, *last_forced_ + settings_.refresh_window) : now;
}

Keys KeyCache::keys(MonoTime now) const {
  if (!keys_ || now - confirmed_ >= settings_.stale_max) return nullptr;
  return keys_;
}

}  // namespace callgate::oidc
