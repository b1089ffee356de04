// SPDX-License-Identifier: Apache-2.0
#include "lane.hpp"

#include <callgate/digest/random.hpp>

#include "respond.hpp"

namespace callgate::gateway {
namespace {

constexpr std::size_t kAdminBodyMax = std::size_t{64} * 1024;

}  // namespace

Lane::Lane(Log& log, VerdictBook& verdicts, replay::ReplayStore& uses, Inbox* inbox, net::Listener& listener,
           std::size_t index)
    : intake_(base::system_clock(), log, verdicts, counters_, uses, upstreams_, inbox),
      upstreams_(worker_),
      listener_(listener),
      index_(index) {
  worker_.keep_running();
}

Lane::~Lane() {
  stop();
}

void Lane::start() {
  thread_ = std::thread([this] { worker_.run(); });
}

void Lane::use(std::shared_ptr<const Judging> judging) {
  worker_.post([this, judging = std::move(judging)] {
    intake_.use(judging);
    if (server_) return;
    server_.emplace(
        worker_, listener_, index_, options_,
        [this](std::shared_ptr<net::Exchange> exchange) { intake_.handle(std::move(exchange)); },
        [this](const refusal::Refusal& refusal, const http::Address& peer) {
          return intake_.answer_fault(refusal, peer);
        });
  });
}

void Lane::use(net::ServerOptions options) {
  worker_.post([this, options = std::move(options)] {
    options_ = options;
    if (server_) server_->use(options);
  });
}

std::future<void> Lane::drain(std::chrono::milliseconds deadline) {
  worker_.post([this, deadline] {
    if (!server_) return drained_.set_value();
    server_->drain(deadline, [this] { drained_.set_value(); });
  });
  return drained_.get_future();
}

void Lane::stop() {
  worker_.stop();
  if (thread_.joinable()) thread_.join();
}

bool Lane::is_alive() {
  const bool alive = answered_.load() == asked_;
  if (alive) {
    ++asked_;
    worker_.post([this] { ++answered_; });
  }
  return alive;
}

AdminLane::AdminLane(net::Listener& listener, admin::SiteSettings settings, admin::Commands& commands)
    : settings_(std::move(settings)),
      commands_(commands),
      desk_(worker_),
      followers_(worker_, commands.verdicts()) {
  server_.emplace(
      worker_, listener, 0, net::ServerOptions{},
      [this](std::shared_ptr<net::Exchange> exchange) { handle(std::move(exchange)); },
      [](const refusal::Refusal& refusal, const http::Address& /*peer*/) {
        return problem(refusal, digest::random_uuid());
      });
  worker_.keep_running();
  thread_ = std::thread([this] { worker_.run(); });
}

AdminLane::~AdminLane() {
  worker_.stop();
  thread_.join();
}

void AdminLane::handle(std::shared_ptr<net::Exchange> exchange) {
  net::Exchange& reader = *exchange;
  reader.read_body(kAdminBodyMax, [this, exchange = std::move(exchange)](refusal::Judged<std::string> body) {
    if (!body) return exchange->answer(problem(body.error(), digest::random_uuid()));
    if (admin::may_wait(settings_, exchange->head())) return answer_at_desk(exchange, *body);
    answer(exchange, *body);
  });
}

void AdminLane::answer(const std::shared_ptr<net::Exchange>& exchange, const std::string& body) {
  admin::Answer answer = admin::answer(settings_, commands_, exchange->head(), body);
  if (!answer.follows_verdicts) return exchange->answer(std::move(answer.response));
  if (followers_.is_full())
    return exchange->answer({503, {{"Retry-After", "10"}}, "too many readers follow the verdicts already\n"});
  followers_.add(exchange->stream(std::move(answer.response)), answer.after);
}

void AdminLane::answer_at_desk(const std::shared_ptr<net::Exchange>& exchange, const std::string& body) {
  if (desk_.is_full()) return exchange->answer(admin::refuse_to_wait());
  desk_.answer(exchange, [this, head = exchange->head(), body](bool in_time) {
    return in_time ? admin::answer(settings_, commands_, head, body).response : admin::refuse_to_wait();
  });
}

}  // namespace callgate::gateway
