// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <callgate/net/worker.hpp>

#include "loop.hpp"

namespace callgate::net {

Delayed::Delayed(Worker::Loop& its_loop, std::chrono::milliseconds delay, std::function<void()> its_work)
    : loop(&its_loop), timer(std::in_place, its_loop.io, delay), work(std::move(its_work)) {
  loop->delayed.insert(this);
}

Delayed::~Delayed() {
  if (loop != nullptr) loop->delayed.erase(this);
}

Worker::Loop::~Loop() {
  for (Delayed* left : delayed) {
    left->timer.reset();
    left->loop = nullptr;
  }
}

Worker::Worker() : loop_(std::make_unique<Loop>()) {}
Worker::~Worker() = default;

void Worker::run() {
  loop_->io.run();
  loop_->guard.reset();
  loop_->io.restart();  // so that run() can be called again
}

void Worker::keep_running() {
  loop_->guard.emplace(loop_->io.get_executor());
}

void Worker::stop() {
  loop_->io.stop();
}

void Worker::post(std::function<void()> work) {
  asio::post(loop_->io, std::move(work));
}

void Worker::dispatch(std::function<void()> work) {
  asio::dispatch(loop_->io, std::move(work));
}

std::shared_ptr<void> Worker::after(std::chrono::milliseconds delay, std::function<void()> work) {
  auto delayed = std::make_shared<Delayed>(*loop_, delay, std::move(work));
  delayed->timer->async_wait([weak = std::weak_ptr<Delayed>(delayed)](ErrorCode error) {
    // Without its handle the call is cancelled, also when its time had come already.
    const auto due = weak.lock();
    if (due == nullptr || error) return;
    const auto call = std::move(due->work);
    call();
  });
  return delayed;
}

}  // namespace callgate::net
