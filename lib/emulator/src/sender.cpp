// SPDX-License-Identifier: Apache-2.0
#include "sender.hpp"

#include <algorithm>
#include <callgate/net/client.hpp>
#include <chrono>
#include <iterator>

#include "call_plan.hpp"

namespace callgate::emulator {
namespace {

constexpr net::ClientLimits kAnswerLimits{.connect_timeout = std::chrono::seconds{5},
                                          .total_timeout = std::chrono::seconds{15},
                                          .head_bytes_max = std::size_t{32} << 10,
                                          .body_bytes_max = std::size_t{1} << 20};

std::string_view to_text(net::ClientError::Kind kind) {
  switch (kind) {
    case net::ClientError::Kind::unreachable:
      return "unreachable";
    case net::ClientError::Kind::timeout:
      return "timeout";
    case net::ClientError::Kind::broken_answer:
      return "broken_answer";
  }
  return "";
}

// Status and reason, the same for every event of one POST.
struct Outcome {
  int status = 0;
  std::string reason;
  double milliseconds = 0;
};

Outcome read_outcome(const tl::expected<http::Response, net::ClientError>& answer) {
  if (!answer) return {0, std::string(to_text(answer.error().kind)), 0};
  if (answer->status >= 200 && answer->status < 300) return {answer->status, {}, 0};
  return {answer->status, read_reason(*answer), 0};
}

http::Request make_request(const http::Url& callback, std::string body,
                           const std::optional<std::string>& token) {
  http::Request request;
  request.head.method = "POST";
  request.head.target = callback.target;
  request.head.headers.add("Content-Type", "application/json");
  if (token) request.head.headers.add("Authorization", "Bearer " + *token);
  request.body = std::move(body);
  return request;
}

}  // namespace

// One order on its way.
class Sender::Run : public std::enable_shared_from_this<Sender::Run> {
 public:
  Run(Sender& sender, const CallOrder& order, std::function<void(Report)> done)
      : sender_(sender),
        order_(order),
        done_(std::move(done)),
        began_(sender.clock_.mono()),
        results_(order.calls) {}

  // Starts what may start now, and comes back when the next call is due.
  void advance() {
    while (started_ < order_.calls && running_ < calls_at_once() && due() <= sender_.clock_.mono())
      start_call();
    if (started_ == order_.calls || running_ >= calls_at_once()) return;
    const auto wait = std::chrono::ceil<std::chrono::milliseconds>(due() - sender_.clock_.mono());
    timer_ = sender_.worker_.after(std::max(wait, std::chrono::milliseconds{0}), [weak = weak_from_this()] {
      if (const auto run = weak.lock()) run->advance();
    });
  }

 private:
  struct Progress {
    CallPlan plan;
    std::size_t ordinal = 0;
    std::size_t next_post = 0;
    std::optional<std::string> token;  // of the last POST
  };

  std::size_t calls_at_once() const { return order_.rate ? kCallsAtOnce : 1; }

  base::MonoTime due() const {
    if (!order_.rate) return began_;
    const std::chrono::duration<double> offset(static_cast<double>(started_) / *order_.rate);
    return began_ + std::chrono::duration_cast<base::MonoTime::duration>(offset);
  }

  void start_call() {
    const std::size_t ordinal = started_++;
    ++running_;
    auto progress = std::make_shared<Progress>();
    progress->ordinal = ordinal;
    progress->plan = plan_call(*order_.scenario, order_.fault, ordinal, sender_.issuer_.terms().audience,
                               sender_.clock_.wall());
    send_next(progress);
  }

  void send_next(const std::shared_ptr<Progress>& progress) {
    const Post& post = progress->plan.posts.at(progress->next_post);
    if (!post.token) {
      progress->token.reset();
    } else if (!post.repeats_token) {
      progress->token = sender_.issuer_.mint(TokenOrder{.fault = *post.token, .claims = {}, .header = {}});
    }
    auto request = make_request(order_.callback, progress->plan.body_of(post), progress->token);
    const base::MonoTime sent = sender_.clock_.mono();
    net::send(sender_.worker_, order_.callback, std::move(request), kAnswerLimits,
              [weak = weak_from_this(), progress,
               sent](const tl::expected<http::Response, net::ClientError>& answer) {
                const auto run = weak.lock();
                if (run == nullptr) return;
                Outcome outcome = read_outcome(answer);
                outcome.milliseconds =
                    std::chrono::duration<double, std::milli>(run->sender_.clock_.mono() - sent).count();
                run->take(progress, outcome);
              });
  }

  void take(const std::shared_ptr<Progress>& progress, const Outcome& outcome) {
    note(*progress, outcome);
    if (++progress->next_post < progress->plan.posts.size()) {
      send_next(progress);
      return;
    }
    --running_;
    if (++ended_ == order_.calls) {
      finish();
    } else {
      advance();
    }
  }

  void note(const Progress& progress, const Outcome& outcome) {
    const Post& post = progress.plan.posts.at(progress.next_post);
    const auto& reason = post.expected;
    for (const std::size_t at : post.events) {
      const Event& event = progress.plan.events.at(at);
      results_.at(progress.ordinal)
          .push_back({progress.plan.call.connection_id, event.id, event.type,
                      std::string(emulator::to_text(order_.fault)),
                      std::string(reason ? refusal::to_text(*reason) : "admit"), outcome.status,
                      outcome.reason, outcome.milliseconds});
    }
  }

  void finish() {
    Report report;
    for (auto& events : results_) {
      std::move(events.begin(), events.end(), std::back_inserter(report.events));
    }
    const auto done = std::move(done_);
    std::erase_if(sender_.runs_, [this](const auto& run) { return run.get() == this; });
    done(std::move(report));
  }

  Sender& sender_;
  const CallOrder order_;
  std::function<void(Report)> done_;
  const base::MonoTime began_;
  std::vector<std::vector<EventResult>> results_;  // call by call
  std::size_t started_ = 0;
  std::size_t running_ = 0;
  std::size_t ended_ = 0;
  std::shared_ptr<void> timer_;
};

Sender::Sender(net::Worker& worker, const base::Clock& clock, const Issuer& issuer)
    : worker_(worker), clock_(clock), issuer_(issuer) {}

Sender::~Sender() = default;

void Sender::place(const CallOrder& order, OnReport done) {
  const auto run = std::make_shared<Run>(*this, order, std::move(done));
  runs_.push_back(run);
  run->advance();
}

}  // namespace callgate::emulator
