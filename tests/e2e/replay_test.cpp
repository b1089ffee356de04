// SPDX-License-Identifier: Apache-2.0
// Tokens that come again: with the same body, with another one, while the first is in work, and after a
// failure.
#include <gtest/gtest.h>

#include <condition_variable>
#include <deque>
#include <future>

#include "metrics.hpp"

namespace callgate::e2e {
namespace {

using namespace std::chrono_literals;

// An application that answers when it is told to, and counts.
class SlowApplication {
 public:
  SlowApplication()
      : server_([this](std::shared_ptr<net::Exchange> exchange) {
          net::Exchange& e = *exchange;
          e.read_body(1 << 20, [this, exchange = std::move(exchange)](const refusal::Judged<std::string>&) {
            const std::lock_guard lock(mutex_);
            held_.push_back(exchange);
            ++count_;
            came_.notify_all();
          });
        }) {}
  std::string url() const { return server_.url(); }
  int count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }
  bool wait_for(int count) {
    std::unique_lock lock(mutex_);
    return came_.wait_for(lock, 20s, [&] { return count_ >= count; });
  }
  void answer(int status) {
    std::promise<void> done;
    server_.worker().post([&] {
      const std::lock_guard lock(mutex_);
      held_.front()->answer({status, {{"Content-Type", "text/plain"}}, "the application's"});
      held_.pop_front();
      done.set_value();
    });
    done.get_future().wait();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::deque<std::shared_ptr<net::Exchange>> held_;
  int count_ = 0;
  LocalServer server_;
};

std::string other_body() {
  std::string body = event_body();
  body.replace(body.find("7e570001"), 8, "7e570002");
  return body;
}

std::future<Answer> in_background(const Gateway& gateway, const std::string& token) {
  return std::async(std::launch::async, [&gateway, token] { return gateway.callback(token, event_body()); });
}

TEST(Replay, TheSameAgainIsAnsweredAndAnotherBodyRefused) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  for (int i = 0; i < 3; ++i) {
    const Answer answer = gateway.callback(token, event_body());
    EXPECT_EQ(answer.status, 200);
    EXPECT_EQ(answer.body, R"({"success":true})");
  }
  const Answer other = gateway.callback(token, other_body());
  EXPECT_EQ(other.status, 401);
  EXPECT_EQ(other.reason(), "token_replayed");
  EXPECT_EQ(other.headers.count("WWW-Authenticate"), 1U);
  EXPECT_EQ(gateway.callback(issuer.token(), other_body()).status, 200) << "a token of its own";
  const std::string metrics = metrics_of(gateway);
  EXPECT_NE(metrics.find("callgate_replay_total{result=\"first\"} 2"), std::string::npos) << metrics;
  EXPECT_NE(metrics.find("callgate_replay_total{result=\"repeat\"} 2"), std::string::npos);
  EXPECT_NE(metrics.find("callgate_replay_total{result=\"replayed\"} 1"), std::string::npos);
  EXPECT_NE(metrics.find("callgate_replay_records 2"), std::string::npos);
}

TEST(Replay, ABadBodyUnderAGoodTokenIsNoUseOfIt) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  EXPECT_EQ(gateway.callback(token, "{}").reason(), "event_malformed");
  EXPECT_EQ(gateway.callback(token, event_body()).status, 200);
  EXPECT_EQ(gateway.callback(token, "{}").reason(), "event_malformed") << "the body is judged before the use";
}

TEST(Replay, WithoutAJtiOtherBodiesAreObservedUpToEight) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token({{"jti", "-"}});
  const auto body = [](int i) { return event_body() + std::string(static_cast<std::size_t>(i), ' '); };
  for (int i = 0; i < 8; ++i) EXPECT_EQ(gateway.callback(token, body(i)).status, 200) << i;
  EXPECT_EQ(gateway.callback(token, body(8)).reason(), "token_replayed");
  EXPECT_EQ(gateway.callback(token, body(3)).status, 200) << "a repeat of one of them";
  gateway.process().signal(SIGTERM);
  EXPECT_EQ(gateway.process().wait(), 0);
  EXPECT_NE(gateway.process().errors().find("came with another body than before, for the 7. time"),
            std::string::npos);
  EXPECT_EQ(gateway.process().errors().find(token.substr(0, 30)), std::string::npos);
}

TEST(Replay, OffRemembersNothing) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--replay", "off"});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  EXPECT_EQ(gateway.callback(token, event_body()).status, 200);
  EXPECT_EQ(gateway.callback(token, other_body()).status, 200);
}

TEST(Replay, ARetryWaitsForTheFirstTryAndGetsItsStatus) {
  TestIssuer issuer;
  SlowApplication application;
  Gateway gateway(issuer.url(), {"--upstream", application.url(), "--workers", "2"});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  auto first = in_background(gateway, token);
  ASSERT_TRUE(application.wait_for(1));
  std::vector<std::future<Answer>> retries;
  for (int i = 0; i < 4; ++i) retries.push_back(in_background(gateway, token));
  ASSERT_TRUE(comes_to(gateway, "callgate_replay_total{result=\"pending\"} 4"));
  EXPECT_EQ(gateway.callback(token, other_body()).reason(), "token_replayed") << "also while it is in work";
  application.answer(202);
  const Answer answer = first.get();
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "the application's");
  for (auto& retry : retries) {
    const Answer again = retry.get();
    EXPECT_EQ(again.status, 202);
    EXPECT_EQ(again.body, R"({"success":true})");
  }
  EXPECT_EQ(application.count(), 1) << "delivered once";
}

TEST(Replay, AfterAFailureARetryIsANewTry) {
  TestIssuer issuer;
  SlowApplication application;
  Gateway gateway(issuer.url(), {"--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  auto first = in_background(gateway, token);
  ASSERT_TRUE(application.wait_for(1));
  auto retry = in_background(gateway, token);
  ASSERT_TRUE(comes_to(gateway, "callgate_replay_total{result=\"pending\"} 1"));
  application.answer(500);
  EXPECT_EQ(first.get().status, 500) << "the application's answer goes back";
  ASSERT_TRUE(application.wait_for(2)) << "who waited, or came later, is the next try";
  application.answer(404);
  EXPECT_EQ(retry.get().status, 404);
  EXPECT_EQ(gateway.callback(token, event_body()).status, 404) << "an answer that stands";
  EXPECT_EQ(application.count(), 2);
}

}  // namespace
}  // namespace callgate::e2e
