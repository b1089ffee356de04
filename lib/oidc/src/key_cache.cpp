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

void KeyCache::restore(MonoTime now, Keys keys, milliseconds age) {
  if (keys_ || age < milliseconds{0} || age >= settings_.stale_max) return;
  keys_ = std::move(keys);
  confirmed_ = now - age;
}

MonoTime KeyCache::due() const {
  MonoTime due = MonoTime::max();
  if (keys_) due = confirmed_ + settings_.stale_max;
  return in_flight_ ? due : std::min(due, next_fetch());
}

MonoTime KeyCache::next_fetch() const {
  return forced_at_ ? std::min(next_, *forced_at_) : next_;
}

bool KeyCache::begin(MonoTime now) {
  if (keys_ && !is_fresh(now)) {
    // The pauses of an outage with keys are too long for one without.
    keys_ = nullptr;
    next_ = std::min(next_, now + pause_after_failure());
  }
  if (in_flight_ || (now < next_ && !forced_is_due(now))) return false;
  planned_ = now >= next_;
  if (forced_is_due(now)) {
    // The permit is spent before the fetch, so that failures count as well.
    last_forced_ = now;
    forced_at_.reset();
  }
  in_flight_ = true;
  return true;
}

void KeyCache::finish(MonoTime now, tl::expected<Reading, FetchError> outcome) {
  in_flight_ = false;
  if (!outcome) {
    last_error_ = std::move(outcome.error());
    if (!is_fresh(now)) keys_ = nullptr;
    if (planned_ || !keys_ || next_ <= now) next_ = now + pause_after_failure();
    return;
  }
  keys_ = std::move(outcome->keys);
  confirmed_ = now;
  last_error_.reset();
  failures_ = 0;
  next_ = now + pause_after_success(*outcome);
}

milliseconds KeyCache::pause_after_success(const Reading& reading) {
  milliseconds pause = settings_.refresh;
  if (reading.max_age) {
    const milliseconds hint = std::min<milliseconds>(*reading.max_age, settings_.refresh);
    pause = std::max(hint, std::min(settings_.refresh_min, settings_.refresh));
  }
  return scaled(pause, 1.0 - 0.05 * random_());
}

milliseconds KeyCache::pause_after_failure() {
  const milliseconds most = keys_ ? settings_.retry_max : settings_.retry_max_without_keys;
  const int doublings = std::min(failures_++, 20);
  const milliseconds pause = std::min(settings_.retry_min * (1 << doublings), most);
  return scaled(pause, 1.0 - 0.25 * random_());
}

Refresh KeyCache::report_unknown_kid(MonoTime now, const jose::KeySet* judged_with) {
  if (in_flight_ || (judged_with != nullptr && judged_with != keys_.get())) return Refresh::soon;
  if (!forced_at_) forced_at_ = last_forced_ ? std::max(now, *last_forced_ + settings_.refresh_window) : now;
  return *forced_at_ <= now ? Refresh::soon : Refresh::later;
}

bool KeyCache::demand(MonoTime now) {
  if (!in_flight_) next_ = now;
  return !in_flight_;
}

Keys KeyCache::keys(MonoTime now) const {
  return is_fresh(now) ? keys_ : nullptr;
}

std::optional<MonoTime> KeyCache::confirmed() const {
  return keys_ ? std::optional(confirmed_) : std::nullopt;
}

}  // namespace callgate::oidc
