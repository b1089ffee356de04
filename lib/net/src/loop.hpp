// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind a Worker, and the socket and timer types of the room. They name the loop's executor
// instead of any_io_executor, which saves an indirect call for each operation.

#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <callgate/net/worker.hpp>
#include <chrono>
#include <optional>
#include <unordered_set>

namespace callgate::net {

namespace asio = boost::asio;

using SteadyClock = std::chrono::steady_clock;
using Executor = asio::io_context::executor_type;
using Socket = asio::basic_stream_socket<asio::ip::tcp, Executor>;
using Timer = asio::basic_waitable_timer<SteadyClock, asio::wait_traits<SteadyClock>, Executor>;
using ErrorCode = boost::system::error_code;

// A call asked for with Worker::after(). Its handle may outlive the loop, which then takes the timer away.
struct Delayed {
  Delayed(Worker::Loop& its_loop, std::chrono::milliseconds delay, std::function<void()> its_work);
  Delayed(const Delayed&) = delete;
  Delayed& operator=(const Delayed&) = delete;
  ~Delayed();

  Worker::Loop* loop;
  std::optional<Timer> timer;
  std::function<void()> work;
};

struct Worker::Loop {
  Loop() = default;
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;
  ~Loop();

  asio::io_context io{1};  // one thread runs it; posting from others stays safe
  std::optional<asio::executor_work_guard<Executor>> guard;
  std::unordered_set<Delayed*> delayed;
};

}  // namespace callgate::net
