// SPDX-License-Identifier: Apache-2.0
#include "route_pusher.hpp"

#include <algorithm>
#include <callgate/delivery/hand_over.hpp>

namespace callgate::delivery {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStorePause{1};          // after it failed
constexpr milliseconds kBusyPause{250};    // after the sink had no connection
constexpr milliseconds kAskPauseLeast{1};  // between two askings, with nothing in hand
constexpr milliseconds kAskPauseMost{20};  // with as much in hand as may be pushed at once
constexpr seconds kAskAtLeast{60};         // should somebody set the wall clock ahead, it is noticed by then
constexpr std::size_t kProbeChoice = 64;   // looked at for one that was never tried
constexpr std::size_t kHeldPerParallel = 2;  // in hand at most, for each push at once: reports take a while

base::MonoTime mono_of(base::WallTime due, Moment now) {
  if (due > now.wall + kDueFarthest) return now.mono;  // the store takes it for due
  return now.mono + std::clamp<std::chrono::microseconds>(due - now.wall, seconds{0}, kAskAtLeast);
}

}  // namespace

void Office::note_trouble(const std::string& message) {
  if (!in_trouble && watch.trouble) watch.trouble(message);
  in_trouble = true;
}

RoutePusher::RoutePusher(Office& office, PushRoute settings, std::shared_ptr<Application> application)
    : office_(office),
      settings_(std::move(settings)),
      application_(std::move(application)),
      gauges_(std::make_shared<RouteGauges>(settings_.path)) {}

void RoutePusher::use(PushRoute settings, std::shared_ptr<Application> application) {
  settings_ = std::move(settings);
  application_ = std::move(application);
  stopped_ = false;
  wants_ask_ = true;
}

void RoutePusher::step(Moment now) {
  if (refused_ > 0 && now.mono >= record_again_at_) record_refused_ones(now);
  if (next_due_ && now.mono >= *next_due_) {
    next_due_.reset();
    wants_ask_ = true;
  }
  if (wants_ask() && !asking_ && now.mono >= ask_after() && may_start(now.mono, true)) ask(now);
}

void RoutePusher::show_gauges() const {
  gauges_->pushing = pushing_;
  gauges_->held = held_.size();
  gauges_->breaker_open = application_->breaker.is_open();
}

std::optional<base::MonoTime> RoutePusher::next_step() const {
  std::optional<base::MonoTime> when;
  if (refused_ > 0) when = record_again_at_;
  if (stopped_ || asking_ || is_store_in_trouble_ || free() == 0) return when;
  if (!wants_ask() && !next_due_) return when;
  base::MonoTime ask = ask_after();
  if (!wants_ask()) ask = std::max(ask, *next_due_);
  const Breaker& breaker = application_->breaker;
  if (breaker.is_open()) {
    const auto probe = breaker.next_start(true);
    if (!probe) return when;
    ask = std::max(ask, *probe);
  }
  return when ? std::min(*when, ask) : ask;
}

// How many pushes more there could be, whatever the breaker says.
std::size_t RoutePusher::free() const {
  const std::size_t held_max = settings_.parallel_max * kHeldPerParallel;
  const std::size_t pushes = settings_.parallel_max - std::min(settings_.parallel_max, pushing_);
  return std::min(pushes, held_max - std::min(held_max, held_.size()));
}

base::MonoTime RoutePusher::ask_after() const {
  const std::size_t busy = std::min(held_.size(), settings_.parallel_max);
  const auto parallel = static_cast<std::int64_t>(std::max<std::size_t>(1, settings_.parallel_max));
  const auto pause = std::chrono::microseconds(kAskPauseMost) * static_cast<std::int64_t>(busy) / parallel;
  return std::max(not_before_, last_asked_ + std::max<std::chrono::microseconds>(pause, kAskPauseLeast));
}

bool RoutePusher::may_start(base::MonoTime now, bool fresh) const {
  return !stopped_ && !is_store_in_trouble_ && free() > 0 && application_->breaker.may_start(now, fresh);
}

// Something is due that may not start: it is asked for again when it may, or when something ends.
void RoutePusher::put_off(bool fresh) {
  const auto probe = application_->breaker.next_start(fresh);
  if (!probe) {
    wants_ask_ = true;
    return;
  }
  waits_for_breaker_ = true;
  next_due_ = std::min(next_due_.value_or(*probe), *probe);
}

void RoutePusher::ask(Moment now) {
  asking_ = true;
  wants_ask_ = waits_for_breaker_ = false;
  released_.clear();
  soonest_again_.reset();
  last_asked_ = now.mono;
  // Those in hand may be among the answer.
  const std::size_t most = held_.size() + (application_->breaker.is_open() ? kProbeChoice : free());
  office_.store.find_due(settings_.path, now.wall, most,
                         [&home = office_.home, most, weak = weak_from_this()](base::Result<Due> due) {
                           home.post([most, weak, due = std::move(due)]() mutable {
                             if (const auto self = weak.lock()) self->asked(most, std::move(due));
                           });
                         });
}

void RoutePusher::asked(std::size_t most, base::Result<Due> due) {
  asking_ = false;
  const Moment now = office_.home.now();
  if (due) {
    next_due_ = now.mono + kAskAtLeast;
    if (due->next) next_due_ = std::min(*next_due_, mono_of(*due->next, now));
    if (soonest_again_) next_due_ = std::min(*next_due_, *soonest_again_);
    start_some(std::move(*due), most);
  } else {
    office_.note_trouble(due.error().message);
    wants_ask_ = true;
    not_before_ = now.mono + kStorePause;
  }
  go_on();
}

void RoutePusher::start_some(Due due, std::size_t most) {
  const bool is_open = application_->breaker.is_open();
  if (due.heads.size() >= most) (is_open ? waits_for_breaker_ : wants_ask_) = true;  // there may be more
  // What has failed the least says the most about the application, and the newest of that.
  if (is_open) {
    std::sort(due.heads.begin(), due.heads.end(), [](const Stored& one, const Stored& other) {
      return std::pair(one.attempts, other.number) < std::pair(other.attempts, one.number);
    });
  }
  for (Stored& head : due.heads) {
    const Moment now = office_.home.now();
    const std::string& call = head.event.call;
    if (const auto held = held_.find(call); held != held_.end()) {
      if (held->second.stored.number != head.number) held->second.has_other_head = true;
      continue;
    }
    if (released_.contains(call))
      wants_ask_ = true;
    else if (const bool fresh = head.attempts == 0; may_start(now.mono, fresh))
      start(std::move(head), now);
    else
      put_off(fresh);
  }
}

void RoutePusher::start(Stored head, Moment now) {
  const std::string call = head.event.call;
  const Held& held =
      held_.emplace(call, Held{.stored = std::move(head), .begun = now.wall, .application = application_})
          .first->second;
  ++pushing_;
  last_started_ = now.mono;
  application_->breaker.begin(held.stored.number);
  office_.sink.push(settings_.path,
                    hand_over(held.stored, held.stored.attempts + 1, now.wall, settings_.secrets),
                    [call, weak = weak_from_this()](const Pushed& pushed) {
                      if (const auto self = weak.lock()) self->pushed(call, pushed);
                    });
}

void RoutePusher::pushed(const std::string& call, const Pushed& pushed) {
  const auto found = held_.find(call);
  if (found == held_.end() || found->second.report) return;
  --pushing_;
  end(found->second, pushed, office_.home.now());
  go_on();
}

void RoutePusher::end(Held& held, const Pushed& pushed, Moment now) {
  Breaker& breaker = held.application->breaker;
  if (breaker.end(held.stored.number, health_of(pushed), now.mono, office_.home.chance()) &&
      office_.watch.breaker) {
    office_.watch.breaker(held.application->name, breaker.is_open());
  }
  if (pushed.what == Pushed::What::busy) {
    tell(held, Tried::What::busy, note_of(pushed));
    not_before_ = now.mono + kBusyPause;
    wants_ask_ = true;
    return release(std::string(held.stored.event.call));
  }
  held.report = report_of(held.stored, pushed, held.begun, now.wall, office_.home.chance());
  switch (held.report->what) {
    case Report::What::delivered:
      tell(held, Tried::What::delivered, held.report->note);
      break;
    case Report::What::again:
      tell(held, Tried::What::again, held.report->note);
      break;
    case Report::What::dead:
      tell(held, Tried::What::dead, held.report->note);
      break;
  }
  record(held);
}

void RoutePusher::record(const Held& held) {
  office_.store.record(*held.report, [&home = office_.home, call = held.stored.event.call,
                                      weak = weak_from_this()](base::Result<void> result) {
    home.post([call, weak, result = std::move(result)] {
      if (const auto self = weak.lock()) self->recorded(call, result);
    });
  });
}

void RoutePusher::recorded(const std::string& call, const base::Result<void>& result) {
  const auto found = held_.find(call);
  if (found == held_.end()) return;
  const Moment now = office_.home.now();
  if (result) {
    is_store_in_trouble_ = office_.in_trouble = false;
    const Report& report = *found->second.report;
    if (report.what == Report::What::again) {
      const base::MonoTime due = mono_of(report.due, now);
      next_due_ = std::min(next_due_.value_or(due), due);
      soonest_again_ = std::min(soonest_again_.value_or(due), due);
    } else {
      wants_ask_ = true;  // the lane may have a next one
    }
    release(call);
  } else {
    office_.note_trouble(result.error().message);
    is_store_in_trouble_ = true;
    found->second.is_refused = true;
    ++refused_;
    record_again_at_ = now.mono + kStorePause;
  }
  go_on();
}

void RoutePusher::record_refused_ones(Moment now) {
  record_again_at_ = now.mono + kStorePause;
  refused_ = 0;
  for (auto& [call, held] : held_) {
    if (!std::exchange(held.is_refused, false)) continue;
    record(held);
  }
}

void RoutePusher::release(const std::string& call) {
  const auto found = held_.find(call);
  if (found->second.has_other_head) wants_ask_ = true;
  held_.erase(found);
  if (asking_) released_.insert(call);
}

void RoutePusher::tell(const Held& held, Tried::What what, const std::string& note) {
  office_.tried[static_cast<std::size_t>(what)].fetch_add(1, std::memory_order_relaxed);
  if (office_.watch.tried)
    office_.watch.tried(
        {.stored = held.stored, .what = what, .attempt = held.stored.attempts + 1, .note = note});
}

void RoutePusher::go_on() {
  step(office_.home.now());
  office_.stepped();
}

}  // namespace callgate::delivery
