// SPDX-License-Identifier: Apache-2.0
#include "running_server.hpp"

namespace callgate::net {
namespace {

int status_of(refusal::Reason reason) {
  switch (reason) {
    case refusal::Reason::request_timeout:
      return 408;
    case refusal::Reason::body_too_large:
      return 413;
    case refusal::Reason::target_too_long:
      return 414;
    case refusal::Reason::headers_too_large:
      return 431;
    case refusal::Reason::overloaded:
      return 503;
    default:
      return 400;
  }
}

}  // namespace

http::Response answer_fault(const refusal::Refusal& refusal, const http::Address& /*peer*/) {
  return {.status = status_of(refusal.reason),
          .headers = {{"Content-Type", "text/plain"}},
          .body = std::string(refusal::to_text(refusal.reason))};
}

RunningServer::RunningServer(ServerOptions options)
    : limits_(options.limits),
      listener_(Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value()),
      server_(
          worker_, listener_, 0, std::move(options),
          [this](std::shared_ptr<Exchange> exchange) { handle(std::move(exchange)); }, answer_fault) {
  worker_.keep_running();
  thread_ = std::thread([this] { worker_.run(); });
}

RunningServer::~RunningServer() {
  worker_.stop();
  thread_.join();
}

void RunningServer::handle(std::shared_ptr<Exchange> exchange) {
  if (on_request_) on_request_();
  const auto path = exchange->head().path();
  if (path == "/echo") {
    exchange->read_body(limits_.body_bytes_max, [exchange](refusal::Judged<std::string> body) {
      if (!body) return exchange->answer(answer_fault(body.error()));
      exchange->answer({.status = 200, .headers = {}, .body = std::move(*body)});
    });
  } else if (path == "/early") {
    exchange->answer({.status = 403, .headers = {}, .body = "early"});
  } else if (path == "/hold") {
    hold(std::move(exchange));
  } else if (path == "/body-then-hold") {
    exchange->read_body(limits_.body_bytes_max, [exchange](const refusal::Judged<std::string>&) {});
    hold(std::move(exchange));
  } else if (path == "/empty") {
    exchange->answer({.status = 204, .headers = {}, .body = "must not be seen"});
  } else if (path == "/split") {
    exchange->answer(
        {.status = 200, .headers = {{"X-A", "a\r\nX-B: b"}, {"X C", "c"}, {"X-D", "d"}}, .body = "s"});
  } else if (path == "/peer") {
    exchange->answer({.status = 200, .headers = {}, .body = exchange->peer().text()});
  } else if (path == "/stream") {
    stream_ =
        exchange->stream({.status = 200, .headers = {{"Content-Type", "text/plain"}}, .body = "begin\n"});
  } else if (path == "/throw") {
    throw std::bad_alloc();
  } else if (path != "/drop") {
    exchange->answer(
        {.status = 200, .headers = {}, .body = exchange->head().method + " " + exchange->head().target});
  }
}

void RunningServer::hold(std::shared_ptr<Exchange> exchange) {
  held_.push_back(std::move(exchange));
  const std::lock_guard lock(mutex_);
  held_count_ = held_.size();
  changed_.notify_all();
}

void RunningServer::wait_for_held(std::size_t count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return held_count_ >= count; });
}

void RunningServer::release(http::Response response) {
  on_loop([&](Server&) { answer_held(response); });
}

void RunningServer::answer_held(const http::Response& response) {
  for (const auto& exchange : std::exchange(held_, {})) exchange->answer(response);
}

void RunningServer::drop_held() {
  on_loop([&](Server&) { held_.clear(); });
}

void RunningServer::on_loop(const std::function<void(Server&)>& work) {
  std::promise<void> done;
  worker_.post([&] {
    work(server_);
    done.set_value();
  });
  done.get_future().wait();
}

std::future<void> RunningServer::begin_drain(Server& server, std::chrono::milliseconds deadline) {
  auto drained = std::make_shared<std::promise<void>>();
  server.drain(deadline, [drained] { drained->set_value(); });  // a second call of it would throw
  return drained->get_future();
}

std::future<void> RunningServer::drain(std::chrono::milliseconds deadline) {
  std::future<void> drained;
  on_loop([&](Server& server) { drained = begin_drain(server, deadline); });
  return drained;
}

}  // namespace callgate::net
