// SPDX-License-Identifier: Apache-2.0
#pragma once
// Waits for what a store calls back. The place where the answer is laid down belongs to both sides, so that a
// callback which comes after the wait was given up finds it there.

#include <callgate/delivery/store.hpp>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>

namespace callgate::admin {

using Deadline = std::chrono::steady_clock::time_point;

template <class T>
class StoreAnswer {
 public:
  // To be given to the store; any thread may call it, once.
  delivery::Store::Done<T> taker() const {
    return [place = place_](base::Result<T> result) {
      const std::lock_guard lock(place->mutex);
      place->result = std::move(result);
      place->changed.notify_all();
    };
  }

  // Once. An error also where nothing came in time.
  base::Result<T> wait(Deadline deadline) const {
    std::unique_lock lock(place_->mutex);
    if (!place_->changed.wait_until(lock, deadline, [this] { return place_->result.has_value(); }))
      return base::fail(
          "the inbox did not answer in time; what was asked for may still be done, so look before asking "
          "again");
    return std::move(*place_->result);
  }

 private:
  struct Place {
    std::mutex mutex;
    std::condition_variable changed;
    std::optional<base::Result<T>> result;
  };
  std::shared_ptr<Place> place_ = std::make_shared<Place>();
};

// `ask` hands the store its question and what takes the answer.
template <class T, class Ask>
base::Result<T> ask_store(std::chrono::milliseconds patience, Ask ask) {
  const StoreAnswer<T> answer;
  ask(answer.taker());
  return answer.wait(std::chrono::steady_clock::now() + patience);
}

}  // namespace callgate::admin
