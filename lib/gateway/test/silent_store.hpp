// SPDX-License-Identifier: Apache-2.0
#pragma once
// A store on a disk that hangs: it answers nothing until it is let go.

#include <callgate/delivery/store.hpp>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

namespace callgate::gateway {

class SilentStore : public delivery::Store {
 public:
  ~SilentStore() override { let_go(); }

  void add(delivery::Accepted, Done<delivery::Added> done) override { keep(std::move(done), {}); }
  void find_due(std::string, base::WallTime, std::size_t, Done<delivery::Due> done) override {
    keep(std::move(done), {});
  }
  void record(delivery::Report, Done<void>) override {}
  void take(std::size_t, std::chrono::milliseconds, base::WallTime, Done<delivery::Lease> done) override {
    keep(std::move(done), {});
  }
  void ack(std::string, std::vector<std::string>, base::WallTime, Done<std::size_t> done) override {
    keep(std::move(done), {});
  }
  void list(delivery::Filter, Done<std::vector<delivery::Stored>> done) override {
    keep(std::move(done), {});
  }
  void show(std::string, Done<std::optional<delivery::Stored>> done) override { keep(std::move(done), {}); }
  void redeliver(std::string, base::WallTime, Done<bool> done) override { keep(std::move(done), {}); }
  void forget(std::string, Done<std::size_t> done) override { keep(std::move(done), {}); }
  void stats(Done<delivery::Stats> done) override { keep(std::move(done), {}); }
  std::string trouble() const override { return {}; }

  void wait_until_asked() {
    std::unique_lock lock(mutex_);
    asked_.wait(lock, [this] { return !kept_.empty(); });
  }
  void be_silent() {
    const std::lock_guard lock(mutex_);
    is_silent_ = true;
  }
  // Answers what was asked, and from now on at once.
  void let_go() {
    std::unique_lock lock(mutex_);
    is_silent_ = false;
    for (auto& answer : kept_) tellers_.emplace_back(std::move(answer));
    kept_.clear();
    auto tellers = std::exchange(tellers_, {});
    lock.unlock();
    for (std::thread& teller : tellers) teller.join();
  }

 private:
  template <class T>
  void keep(Done<T> done, T value) {
    std::function<void()> answer = [done = std::move(done), value = std::move(value)] { done(value); };
    const std::lock_guard lock(mutex_);
    if (is_silent_) {
      kept_.push_back(std::move(answer));
    } else {
      tellers_.emplace_back(std::move(answer));
    }
    asked_.notify_all();
  }

  std::mutex mutex_;
  std::condition_variable asked_;
  bool is_silent_ = true;
  std::vector<std::function<void()>> kept_;
  std::vector<std::thread> tellers_;
};

}  // namespace callgate::gateway
