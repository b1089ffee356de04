// SPDX-License-Identifier: Apache-2.0
#pragma once
// Those that wait for their turn on one worker, and who is next. First come, first served, as long as there
// is a moment now and then in which nobody waits. When there was none for `patience`, more comes than can be
// done, and serving in order would only make everybody wait equally long. Then the newest go first, and those
// that have waited a tenth of `patience` are turned away: one for each four that are served, so that turning
// away does not cost what it is meant to save, and all of them when no other is left. Ends as soon as nobody
// waits; one that follows soon is recognised sooner.
//
// Pure: the time is a parameter. No lock.

#include <algorithm>
#include <callgate/base/clock.hpp>
#include <cstddef>
#include <deque>
#include <optional>
#include <utility>

namespace callgate::gateway {

template <class T>
class Backlog {
 public:
  using Time = base::MonoTime;

  struct Next {
    T who;
    bool turned_away = false;  // else it is served
  };

  void push(T who, Time now) {
    pass(now);
    if (waiting_.empty()) busy_since_ = worked_;
    waiting_.push_back({std::move(who), worked_});
  }

  // A turn of the loop begins in which next() will be called. Patience 0: nobody is ever turned away.
  void begin_turn(Time now, Time::duration patience) {
    patience_ = patience;
    pass(now);
    const bool again = overload_ended_ && now - *overload_ended_ < patience;
    const auto needed = again ? patience / kLateShare : patience;
    overloaded_ = patience.count() > 0 && worked_ - busy_since_ >= needed;
    turn_over_ = false;
  }

  // Nothing: the turn is over, whether somebody waits or not.
  std::optional<Next> next(Time now) {
    pass(now);
    if (waiting_.empty() || turn_over_) return std::nullopt;
    if (!overloaded_) return Next{take_oldest(), false};
    if (waiting_.size() == 1) overload_ended_ = now;
    // Those that are turned away may come again at once: one by one, not as a crowd.
    turn_over_ = is_late(waiting_.back());
    if (turn_over_ || (served_ >= kServedForOneTurnedAway && is_late(waiting_.front()))) {
      served_ = 0;
      return Next{take_oldest(), true};
    }
    ++served_;
    T newest = std::move(waiting_.back().who);
    waiting_.pop_back();
    return Next{std::move(newest), false};
  }

  std::size_t size() const { return waiting_.size(); }
  bool empty() const { return waiting_.empty(); }

 private:
  static constexpr int kLateShare = 10;   // of patience: has waited too long to be served in an overload
  static constexpr int kPauseShare = 20;  // of patience: what a gap in the work counts at most
  static constexpr unsigned kServedForOneTurnedAway = 4;

  struct Waiting {
    T who;
    Time since;
  };

  // Time counts here while there is work: a machine that stood still has not kept anybody waiting by too much
  // work, and those that it finds waiting are not late.
  void pass(Time now) {
    worked_ += std::clamp(now - last_, Time::duration{}, patience_ / kPauseShare);
    last_ = now;
  }

  bool is_late(const Waiting& one) const { return worked_ - one.since >= patience_ / kLateShare; }

  T take_oldest() {
    T oldest = std::move(waiting_.front().who);
    waiting_.pop_front();
    return oldest;
  }

  std::deque<Waiting> waiting_;  // the newest at the back
  Time::duration patience_{};
  Time last_;        // as given
  Time worked_;      // as it counts here
  Time busy_since_;  // of that, since then somebody has been waiting
  std::optional<Time> overload_ended_;
  bool overloaded_ = false;
  bool turn_over_ = false;
  unsigned served_ = 0;  // since the last that was turned away
};

}  // namespace callgate::gateway
