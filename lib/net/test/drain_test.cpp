// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/net/server.hpp>

#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr std::string_view kHold = "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n";
constexpr milliseconds kFar{60'000};

void expect_last_answer(Peer& peer, int status) {
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, status);
  EXPECT_EQ(answer->header("Connection"), "close");
  EXPECT_TRUE(peer.at_end());
}

TEST(Drain, IsDoneAtOnceWithoutConnections) {
  RunningServer server;
  server.drain(kFar).wait();
  EXPECT_FALSE(Peer(server.port()).connected());
}

TEST(Drain, LetsARequestFinish) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(kHold);
  server.wait_for_held(1);
  auto drained = server.drain(kFar);
  EXPECT_EQ(drained.wait_for(milliseconds(0)), std::future_status::timeout);
  EXPECT_FALSE(Peer(server.port()).connected());
  server.release({.status = 200, .headers = {}, .body = "late"});
  expect_last_answer(peer, 200);
  peer.reset();
  drained.wait();
}

TEST(Drain, ClosesIdleConnections) {
  RunningServer server;
  Peer used(server.port());
  used.send(kGet);
  EXPECT_TRUE(used.answer());
  Peer fresh(server.port());
  Peer other(server.port());
  other.send(kGet);
  EXPECT_TRUE(other.answer());  // accepted after `fresh`, so that one is there as well
  auto drained = server.drain(kFar);
  EXPECT_TRUE(fresh.at_end());
  EXPECT_TRUE(used.at_end());
  EXPECT_TRUE(other.at_end());
  used.reset();
  other.reset();
  drained.wait();
}

TEST(Drain, AnswersWhatHasArrivedButWasNotRead) {
  RunningServer server;
  Peer idle(server.port());
  idle.send(kGet);
  EXPECT_TRUE(idle.answer());
  std::optional<Peer> queued;
  std::future<void> drained;
  server.on_loop([&](Server& s) {
    // The loop stands still here: the kernel queues the connection and the bytes.
    queued.emplace(server.port());
    queued->send(kGet);
    idle.send(kGet);
    drained = server.begin_drain(s, kFar);
  });
  expect_last_answer(idle, 200);
  expect_last_answer(*queued, 200);
  idle.reset();
  queued->reset();
  drained.wait();
}

TEST(Drain, AnswersTheNextRequestTooWhereAnAnswerWasUnderWay) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(kHold);
  server.wait_for_held(1);
  std::future<void> drained;
  server.on_loop([&](Server& s) {
    server.answer_held({.status = 200, .headers = {}, .body = "kept"});
    drained = server.begin_drain(s, kFar);
  });
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_NE(answer->header("Connection"), "close") << "the peer may send another";
  peer.send(kGet);
  expect_last_answer(peer, 200);
  peer.reset();
  drained.wait();
}

TEST(Drain, CutsWhatIsLeftAtTheDeadline) {
  RunningServer server;
  Peer held(server.port());
  held.send(kHold);
  Peer slow_body(server.port());
  slow_body.send("POST /body-then-hold HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  server.wait_for_held(2);
  Peer slow_head(server.port());
  slow_head.send("GET / HT");
  server.drain(milliseconds(50)).wait();
  EXPECT_TRUE(held.at_end());
  EXPECT_TRUE(slow_body.at_end());
  EXPECT_TRUE(slow_head.at_end());
  server.on_loop([](Server& s) { EXPECT_EQ(s.connections(), 0U); });
  server.release({.status = 200, .headers = {}, .body = "to nobody"});
}

TEST(Drain, LeavesOpenConnectionsToTheDestructor) {
  std::optional<Peer> held;
  std::optional<Peer> body;
  {
    RunningServer server;
    held.emplace(server.port());
    held->send(kHold);
    body.emplace(server.port());
    body->send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
    server.wait_for_held(1);
  }
  EXPECT_TRUE(held->at_end());
  EXPECT_TRUE(body->at_end());
}

}  // namespace
}  // namespace callgate::net
