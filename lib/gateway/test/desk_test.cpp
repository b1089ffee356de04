// SPDX-License-Identifier: Apache-2.0
#include "desk.hpp"

#include <gtest/gtest.h>

namespace callgate::gateway {
namespace {

using namespace std::chrono_literals;

// Remembers its answer, and on which thread it came.
class FakeExchange : public net::Exchange {
 public:
  FakeExchange(net::Worker& worker, std::size_t owed) : worker_(worker), owed_(owed) {}
  const http::RequestHead& head() const override { return head_; }
  const http::Framing& framing() const override { return framing_; }
  const http::Address& peer() const override { return peer_; }
  net::Worker& worker() override { return worker_; }
  void read_body(std::size_t, OnBody) override {}
  void answer(http::Response response) override {
    thread = std::this_thread::get_id();
    status = response.status;
    if (status == static_cast<int>(owed_)) worker_.stop();
  }
  std::unique_ptr<net::AnswerStream> stream(http::Response) override { return nullptr; }

  std::thread::id thread;
  int status = 0;

 private:
  net::Worker& worker_;
  const std::size_t owed_;
  http::RequestHead head_;
  http::Framing framing_;
  http::Address peer_;
};

TEST(Desk, WorksOnAThreadOfItsOwnAndAnswersWhereItWasAsked) {
  net::Worker home;
  Desk desk(home);
  std::vector<std::shared_ptr<FakeExchange>> exchanges;
  for (std::size_t i = 1; i <= Desk::kWaitingMax; ++i) {
    EXPECT_FALSE(desk.is_full());
    exchanges.push_back(std::make_shared<FakeExchange>(home, Desk::kWaitingMax));
    desk.answer(exchanges.back(), [i, here = std::this_thread::get_id()](bool in_time) {
      EXPECT_TRUE(in_time);
      EXPECT_NE(std::this_thread::get_id(), here);
      return http::Response{static_cast<int>(i), {}, {}};
    });
  }
  EXPECT_TRUE(desk.is_full()) << "answers count as owed until the loop has given them";
  home.keep_running();
  home.run();
  EXPECT_FALSE(desk.is_full());
  for (std::size_t i = 0; i < exchanges.size(); ++i) {
    EXPECT_EQ(exchanges[i]->status, static_cast<int>(i + 1)) << "in the order of the questions";
    EXPECT_EQ(exchanges[i]->thread, std::this_thread::get_id());
    EXPECT_EQ(exchanges[i].use_count(), 1);
  }
}

TEST(Desk, WhoseTurnComesTooLateIsNotBegun) {
  net::Worker home;
  Desk desk(home, 0s);
  const auto exchange = std::make_shared<FakeExchange>(home, 503);
  desk.answer(exchange, [](bool in_time) { return http::Response{in_time ? 200 : 503, {}, {}}; });
  home.keep_running();
  home.run();
  EXPECT_EQ(exchange->status, 503);
}

}  // namespace
}  // namespace callgate::gateway
