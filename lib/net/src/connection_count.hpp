// SPDX-License-Identifier: Apache-2.0
#pragma once
// How many connections are open, in all and by source, and who waits for room. One for all workers of a
// listener. Any thread; an entry lives as long as a connection of its source.

#include <callgate/net/server.hpp>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

namespace callgate::net {

class ConnectionCount : public std::enable_shared_from_this<ConnectionCount> {
 public:
  enum class Admission {
    admitted,
    refused,  // the source has too many; there is room to tell it so
    dropped,  // and it does not listen
  };

  // One connection's place among all; destroyed, it gives back what it holds.
  class Place {
   public:
    explicit Place(std::shared_ptr<ConnectionCount> count) : count_(std::move(count)) {}
    Place(Place&&) noexcept = default;
    Place& operator=(Place&&) = delete;
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;
    ~Place();

    // Counts the connection for its source as well. At most once.
    Admission name_source(const http::Address& source, std::size_t source_max);

   private:
    std::shared_ptr<ConnectionCount> count_;
    std::string source_;  // empty: not counted by source
    bool refused_ = false;
  };

  // Nothing if `max` are open.
  std::optional<Place> take(std::size_t max);
  // If `max` are open, `wake` will be called once, on any thread and with the count locked, when that may
  // have changed. One wish for each `who`.
  bool wait_if_full(const void* who, std::size_t max, std::function<void()> wake);
  // After it returns, the wake of `who` is not called any more.
  void stop_waiting(const void* who);
  std::size_t open() const;
  std::size_t sources() const;

 private:
  struct Source {
    std::size_t open = 0;
    std::size_t refused = 0;  // open as well, while the refusal is on its way
  };

  mutable std::mutex mutex_;
  std::size_t open_ = 0;
  std::unordered_map<std::string, Source> sources_;
  std::map<const void*, std::function<void()>> waiting_;
};

}  // namespace callgate::net
