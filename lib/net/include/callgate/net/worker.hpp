// SPDX-License-Identifier: Apache-2.0
#pragma once
// A worker is one thread's event loop. Everything that belongs to a connection runs on the worker that
// accepted it, so a handler needs no lock. post() and dispatch() are the only calls that any thread may make
// while run() is going.

#include <chrono>
#include <functional>
#include <memory>

namespace callgate::net {

class Worker {
 public:
  Worker();
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  // Runs the loop on the calling thread until stop() was called or nothing is left to wait for.
  void run();
  // Keeps run() going while nothing is open; undone by stop().
  void keep_running();
  // Any thread: makes run() return soon, whatever is open.
  void stop();

  // Any thread: runs `work` on the loop.
  void post(std::function<void()> work);
  // Any thread: on the loop's own at once, from others as post().
  void dispatch(std::function<void()> work);
  // Loop's thread: runs `work` after `delay`. The returned handle cancels when it is destroyed or reset.
  std::shared_ptr<void> after(std::chrono::milliseconds delay, std::function<void()> work);

  // For net alone.
  struct Loop;
  Loop& loop() { return *loop_; }

 private:
  std::unique_ptr<Loop> loop_;
};

}  // namespace callgate::net
