// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/delivery/breaker.hpp>

namespace callgate::delivery {

using std::chrono::milliseconds;

bool Breaker::may_start(base::MonoTime now, bool fresh) const {
  return !open_ || (!probe_ && now >= (fresh ? next_fresh_probe_ : next_probe_));
}

std::optional<base::MonoTime> Breaker::next_start(bool fresh) const {
  if (!open_ || probe_) return std::nullopt;
  return fresh ? next_fresh_probe_ : next_probe_;
}

void Breaker::begin(std::int64_t number) {
  if (open_) probe_ = number;
}

bool Breaker::end(std::int64_t number, Health health, base::MonoTime now, double chance) {
  const bool was_probe = probe_ == number;
  const bool was_open = open_;
  if (was_probe) probe_.reset();
  if (health == Health::well) {
    open_ = false;
    probe_.reset();
    ill_.clear();
    probes_failed_ = 0;
  } else if (health == Health::ill) {
    note_ill(number);
    if (!open_ && ill_.size() >= settings_.failures) open_ = true;
    if (open_ && (was_probe || !was_open)) pause(now, chance);
  }
  return open_ != was_open;
}

// What began before it opened and fails now says nothing new.
void Breaker::note_ill(std::int64_t number) {
  if (open_ || std::find(ill_.begin(), ill_.end(), number) != ill_.end()) return;
  ill_.push_back(number);
}

void Breaker::pause(base::MonoTime now, double chance) {
  const auto jittered = [chance](milliseconds from) {
    return from + std::chrono::floor<milliseconds>(from * chance);
  };
  milliseconds from = settings_.pause_first;
  for (int i = 0; i < probes_failed_ && from < settings_.pause_last / 2; ++i) from *= 2;
  next_fresh_probe_ = now + jittered(settings_.pause_first);
  next_probe_ = now + jittered(std::min(from, settings_.pause_last / 2));
  ++probes_failed_;
}

}  // namespace callgate::delivery
