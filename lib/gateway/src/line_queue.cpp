// SPDX-License-Identifier: Apache-2.0
#include "line_queue.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>

namespace callgate::gateway {
namespace {

constexpr std::chrono::seconds kLastLines{1};

// False: nothing can be written there.
bool write_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t size = ::write(descriptor, bytes.data(), bytes.size());
    if (size > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(size));
    } else if (size < 0 && errno == EAGAIN) {  // somebody has made it non-blocking
      pollfd ready{descriptor, POLLOUT, 0};
      ::poll(&ready, 1, -1);
    } else if (size == 0 || errno != EINTR) {
      return false;
    }
  }
  return true;
}

}  // namespace

// Also the thread's: it may outlive the queue.
struct LineQueue::State {
  State(int its_descriptor, std::size_t its_bytes_max)
      : descriptor(its_descriptor), bytes_max(its_bytes_max) {}

  void run() {
    std::unique_lock lock(mutex);
    while (true) {
      more.wait(lock, [this] { return is_over || !waiting.empty(); });
      if (waiting.empty() || is_abandoned) break;
      const std::string batch = std::exchange(waiting, {});
      lock.unlock();
      if (!write_all(descriptor, batch))
        lost += static_cast<std::uint64_t>(std::count(batch.begin(), batch.end(), '\n'));
      lock.lock();
    }
    all_written = true;
    done.notify_all();
  }

  const int descriptor;
  const std::size_t bytes_max;
  std::mutex mutex;
  std::condition_variable more, done;
  std::string waiting;
  bool is_over = false;
  bool is_abandoned = false;  // nobody waits for the rest
  bool all_written = false;
  std::atomic<std::uint64_t> lost{0};
};

LineQueue::LineQueue(int descriptor, std::size_t bytes_max)
    : state_(std::make_shared<State>(descriptor, bytes_max)), thread_([state = state_] { state->run(); }) {}

LineQueue::~LineQueue() {
  std::unique_lock lock(state_->mutex);
  state_->is_over = true;
  state_->more.notify_all();
  const bool ended = state_->done.wait_for(lock, kLastLines, [this] { return state_->all_written; });
  state_->is_abandoned = true;
  lock.unlock();
  if (ended)
    thread_.join();
  else
    thread_.detach();
}

void LineQueue::push(std::string_view line) {
  {
    const std::lock_guard lock(state_->mutex);
    if (state_->waiting.size() + line.size() + 1 > state_->bytes_max) {
      ++state_->lost;
      return;
    }
    state_->waiting.append(line).push_back('\n');
  }
  state_->more.notify_one();
}

std::uint64_t LineQueue::lost() const {
  return state_->lost;
}

}  // namespace callgate::gateway
