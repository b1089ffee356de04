// SPDX-License-Identifier: Apache-2.0
#pragma once
// A store that answers what a test wants, from a thread of its own as the port says, and remembers what it
// was asked. Asked by one thread.

#include <callgate/delivery/store.hpp>
#include <map>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

namespace callgate::admin {

class ScriptedStore : public delivery::Store {
 public:
  // What a test sets.
  std::string failure{};  // told to everybody who asks, if not empty
  bool silent = false;    // asks are kept: tell() answers them
  std::string in_trouble{};
  std::vector<delivery::Stored> events{};
  std::optional<delivery::Stored> event{};
  delivery::Lease lease{};
  std::size_t count = 0;
  std::map<std::string, bool> redeliverable{};
  delivery::Stats counted{};

  // What it was asked.
  std::vector<delivery::Filter> filters{};
  std::vector<std::string> names{};  // keys of show and redeliver, leases, calls
  std::vector<std::vector<std::string>> acknowledged{};
  std::vector<std::pair<std::size_t, std::chrono::milliseconds>> takes{};

  ~ScriptedStore() override {
    for (std::thread& one : tellers_) one.join();
  }

  void add(delivery::Accepted, Done<delivery::Added> done) override { tell(std::move(done), {}); }
  void find_due(std::string, base::WallTime, std::size_t, Done<delivery::Due> done) override {
    tell(std::move(done), {});
  }
  void record(delivery::Report, Done<void>) override {}
  void take(std::size_t most, std::chrono::milliseconds span, base::WallTime,
            Done<delivery::Lease> done) override {
    takes.emplace_back(most, span);
    tell(std::move(done), lease);
  }
  void ack(std::string id, std::vector<std::string> keys, base::WallTime, Done<std::size_t> done) override {
    names.push_back(std::move(id));
    acknowledged.push_back(std::move(keys));
    tell(std::move(done), count);
  }
  void list(delivery::Filter filter, Done<std::vector<delivery::Stored>> done) override {
    filters.push_back(std::move(filter));
    tell(std::move(done), events);
  }
  void show(std::string key, Done<std::optional<delivery::Stored>> done) override {
    names.push_back(std::move(key));
    tell(std::move(done), event);
  }
  void redeliver(std::string key, base::WallTime, Done<bool> done) override {
    names.push_back(key);
    tell(std::move(done), redeliverable[key]);
  }
  void forget(std::string call, Done<std::size_t> done) override {
    names.push_back(std::move(call));
    tell(std::move(done), count);
  }
  void stats(Done<delivery::Stats> done) override { tell(std::move(done), counted); }
  std::string trouble() const override { return in_trouble; }

  // Answers those that were kept.
  void tell() {
    for (const auto& one : kept_) one();
    kept_.clear();
  }

 private:
  template <class T>
  void tell(Done<T> done, T value) {
    base::Result<T> result = std::move(value);
    if (!failure.empty()) result = base::fail(failure);
    std::function<void()> answer = [done = std::move(done), result = std::move(result)] { done(result); };
    if (silent) {
      kept_.push_back(std::move(answer));
    } else {
      tellers_.emplace_back(std::move(answer));
    }
  }

  std::vector<std::thread> tellers_;
  std::vector<std::function<void()>> kept_;
};

}  // namespace callgate::admin
