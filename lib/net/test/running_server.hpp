// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server on its own thread, with a handler that knows a few paths:
//   /echo   reads the body (at most limits.body_bytes_max) and answers it; what fails is answered like a
//   fault /early  answers from the head alone /hold   keeps the Exchange until release() /body-then-hold asks
//   for the body, keeps the Exchange as well /drop   drops the Exchange other   answers "<method> <target>"
//   /peer   answers the address of the peer
//   /stream begins a stream and holds it

#include <callgate/net/server.hpp>
#include <condition_variable>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

namespace callgate::net {

class RunningServer {
 public:
  explicit RunningServer(const http::Limits& limits = {}) : RunningServer(ServerOptions{.limits = limits}) {}
  explicit RunningServer(ServerOptions options);
  ~RunningServer();

  std::uint16_t port() const { return listener_.where().port; }
  // Waits until `count` exchanges are held.
  void wait_for_held(std::size_t count);
  // Answers all held exchanges, in the order of their arrival.
  void release(http::Response response);
  void answer_held(const http::Response& response);  // the same, from within on_loop()
  void drop_held();
  // The stream that /stream began last; from within on_loop().
  std::unique_ptr<AnswerStream>& stream() { return stream_; }
  // Called on the loop when a request begins; set from within on_loop().
  void on_request(std::function<void()> called) { on_request_ = std::move(called); }
  // Runs `work` on the loop and waits for it.
  void on_loop(const std::function<void(Server&)>& work);
  // On the loop's thread, from within on_loop(). The future is ready when the server has drained.
  std::future<void> begin_drain(Server& server, std::chrono::milliseconds deadline);
  std::future<void> drain(std::chrono::milliseconds deadline);

 private:
  void handle(std::shared_ptr<Exchange> exchange);
  void hold(std::shared_ptr<Exchange> exchange);

  const http::Limits limits_;
  Worker worker_;
  Listener listener_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::shared_ptr<Exchange>> held_;  // touched on the loop's thread only; its size under mutex_
  std::size_t held_count_ = 0;
  std::unique_ptr<AnswerStream> stream_;  // the loop's thread alone, as the next
  std::function<void()> on_request_;
  Server server_;
  std::thread thread_;
};

http::Response answer_fault(const refusal::Refusal& refusal, const http::Address& peer = {});

}  // namespace callgate::net
