// SPDX-License-Identifier: Apache-2.0
#pragma once
// A dispatcher's home and sink with nothing of their own: time stands still until the test moves it, work
// runs when the test lets it, pushes end when and how the test says. One thread.

#include <algorithm>
#include <callgate/delivery/dispatcher.hpp>
#include <deque>
#include <optional>
#include <string>
#include <vector>

namespace callgate::delivery {

class FakeHome : public Home {
 public:
  void post(std::function<void()> work) override { posted_.push_back(std::move(work)); }
  std::shared_ptr<void> after(std::chrono::milliseconds delay, std::function<void()> work) override {
    auto timer = std::make_shared<Timer>(Timer{mono_ + delay, std::move(work)});
    timers_.push_back(timer);
    return timer;
  }
  Moment now() const override { return {wall_, mono_}; }
  double chance() override { return chance_; }

  std::size_t posted() const { return posted_.size(); }
  void run_posted() {
    const auto first = std::move(posted_.front());
    posted_.pop_front();
    first();
  }
  // When the next timer is due; nothing if none is set.
  std::optional<base::MonoTime> next_timer() {
    std::erase_if(timers_, [](const auto& timer) { return timer.expired(); });
    std::optional<base::MonoTime> next;
    for (const auto& timer : timers_) {
      const base::MonoTime when = timer.lock()->when;
      if (!next || when < *next) next = when;
    }
    return next;
  }
  // Moves both clocks by `span`, or to the next timer if that is earlier, whose work is posted then.
  void pass(std::chrono::microseconds span) {
    if (const auto next = next_timer())
      span = std::min(span, std::chrono::ceil<std::chrono::microseconds>(*next - mono_));
    mono_ += span;
    wall_ += span;
    for (auto& weak : timers_) {
      const auto timer = weak.lock();
      if (!timer || timer->when > mono_) continue;
      posted_.push_back([weak] {
        if (const auto held = weak.lock()) std::exchange(held->work, nullptr)();
      });
      weak.reset();
    }
  }
  void set_wall(base::WallTime wall) { wall_ = wall; }
  void set_chance(double chance) { chance_ = chance; }
  // What a process forgets when it dies.
  void crash() {
    posted_.clear();
    timers_.clear();
  }

 private:
  struct Timer {
    base::MonoTime when;
    std::function<void()> work;
  };
  std::deque<std::function<void()>> posted_;
  std::vector<std::weak_ptr<Timer>> timers_;
  base::MonoTime mono_{std::chrono::hours{100}};
  base::WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 9 / 30}};
  double chance_ = 0.0;
};

class FakeSink : public Sink {
 public:
  struct Push {
    std::string route;
    http::Request request;
    OnPushed done;
  };

  void push(const std::string& route, http::Request request, OnPushed done) override {
    pushes.push_back({route, std::move(request), std::move(done)});
    if (on_push) on_push(pushes.back());
  }
  // The push at that place ends.
  void end(std::size_t at, Pushed pushed) {
    const OnPushed done = std::move(pushes[at].done);
    pushes.erase(pushes.begin() + static_cast<std::ptrdiff_t>(at));
    done(pushed);
  }

  std::vector<Push> pushes;  // under way
  std::function<void(const Push&)> on_push;
};

inline Pushed answered(int status, std::optional<std::chrono::seconds> retry_after = std::nullopt) {
  return {.what = Pushed::What::answered, .status = status, .retry_after = retry_after};
}

}  // namespace callgate::delivery
