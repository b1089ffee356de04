// SPDX-License-Identifier: Apache-2.0
// What a well-behaved peer sees: answers, keep-alive, pipelining, bodies.
#include <sys/resource.h>
#include <unistd.h>

#include <gtest/gtest.h>
#include <callgate/net/server.hpp>

#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

std::string get(const std::string& target, const std::string& fields = "") {
  return "GET " + target + " HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

std::string post(const std::string& target, const std::string& body, const std::string& fields = "") {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n" + fields + "\r\n" + body;
}

// Status and body of the next answer, "none" if there is none.
std::string next(Peer& peer) {
  const auto answer = peer.answer();
  return answer ? std::to_string(answer->status) + " " + answer->body : "none";
}

TEST(Server, AnswersAndKeepsTheConnection) {
  RunningServer server;
  Peer peer(server.port());
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(peer.send(get("/x?" + std::to_string(i))));
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 200);
    EXPECT_EQ(answer->body, "GET /x?" + std::to_string(i));
    EXPECT_EQ(answer->headers.count("Date"), 1U);
    EXPECT_EQ(answer->headers.count("Connection"), 0U);
  }
  server.on_loop([](Server& s) { EXPECT_EQ(s.connections(), 1U); });
}

TEST(Server, AnswersPipelinedRequestsInOrder) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(get("/1") + post("/echo", "two") + get("/hold") + "\r\n" + get("/4", "Connection: close\r\n") +
            get("/5"));
  EXPECT_EQ(next(peer), "200 GET /1");
  EXPECT_EQ(next(peer), "200 two");
  server.wait_for_held(1);
  server.release({.status = 202, .headers = {}, .body = "three"});
  EXPECT_EQ(next(peer), "202 three");
  EXPECT_EQ(next(peer), "200 GET /4");
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, ReadsARequestInAnyPieces) {
  RunningServer server;
  Peer peer(server.port());
  for (const char byte : "\r\n" + post("/echo", "body")) peer.send(std::string_view(&byte, 1));
  EXPECT_EQ(next(peer), "200 body");
}

TEST(Server, ReadsBodies) {
  RunningServer server;
  Peer peer(server.port());
  const std::string large(std::size_t{1024} * 1024, 'x');
  peer.send(post("/echo", large));
  EXPECT_EQ(next(peer), "200 " + large);
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
  peer.send("3;x=y\r\n, w\r\n0\r\nAuthorization: trailer\r\n\r\n");
  EXPECT_EQ(next(peer), "200 hello, w");
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(next(peer), "200 ");
  peer.send(post("/echo", ""));
  EXPECT_EQ(next(peer), "200 ");
}

TEST(Server, SendsContinueWhenAsked) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-Continue\r\n\r\n");
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("body");
  EXPECT_EQ(next(peer), "200 body");
  peer.send(post("/echo", "there already", "Expect: 100-continue\r\n"));
  EXPECT_EQ(next(peer), "200 there already");
}

TEST(Server, SendsNoContinueForABodyThatIsTooLarge) {
  http::Limits limits;
  limits.body_bytes_max = 3;
  RunningServer server(limits);
  Peer peer(server.port());
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(next(peer), "413 body_too_large");
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, ClosesAfterARefusalInsteadOfContinue) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nExpect: 100-continue\r\n\r\n");
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("Connection"), "close");
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, AnswersHeadWithoutBody) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("HEAD /x HTTP/1.1\r\nHost: a\r\n\r\n" + get("/y"));
  const auto answer = peer.answer(true);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("Content-Length"), "7");
  EXPECT_EQ(next(peer), "200 GET /y");
}

TEST(Server, AnswersNoContentWithoutLength) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(get("/empty") + get("/y"));
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 204);
  EXPECT_EQ(answer->headers.count("Content-Length"), 0U);
  EXPECT_EQ(next(peer), "200 GET /y");
}

TEST(Server, NeverSplitsAnAnswer) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(get("/split"));
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.count("X-A") + answer->headers.count("X-B") + answer->headers.count("X C"), 0U);
  EXPECT_EQ(answer->header("X-D"), "d");
}

TEST(Server, FollowsTheRulesOfHttp10) {
  RunningServer server;
  {
    Peer peer(server.port());
    peer.send("GET /a HTTP/1.0\r\n\r\n");
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_TRUE(peer.at_end());
  }
  Peer peer(server.port());
  peer.send("GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->header("Connection"), "keep-alive");
  peer.send("GET /b HTTP/1.0\r\nConnection: keep-alive, close\r\n\r\n");
  EXPECT_EQ(next(peer), "200 GET /b");
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, AnswersAPeerThatHasShutItsSide) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(get("/hold"));
  peer.shut_sending();
  server.wait_for_held(1);
  server.release({.status = 200, .headers = {}, .body = "late"});
  EXPECT_EQ(next(peer), "200 late");
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, ClosesWhenTheHandlerSaysSo) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(get("/hold"));
  server.wait_for_held(1);
  server.release({.status = 200, .headers = {{"Connection", "close"}}, .body = ""});
  const auto answer = peer.answer();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->headers.count("Connection"), 1U);
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, ClosesWhenTheExchangeIsDropped) {
  RunningServer server;
  Peer now(server.port());
  now.send(get("/drop"));
  EXPECT_TRUE(now.at_end());
  Peer later(server.port());
  later.send(get("/hold"));
  server.wait_for_held(1);
  server.drop_held();
  EXPECT_TRUE(later.at_end());
  Peer thrown(server.port());
  thrown.send(get("/throw"));
  EXPECT_TRUE(thrown.at_end());
}

TEST(Server, SurvivesAPeerThatLeavesBeforeTheAnswer) {
  RunningServer server;
  for (const bool with_body : {false, true}) {
    Peer peer(server.port());
    peer.send(with_body ? "POST /body-then-hold HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart"
                        : get("/hold"));
    server.wait_for_held(1);
    peer.reset();
    server.release({.status = 200, .headers = {}, .body = std::string(1 << 20, 'x')});
    Peer other(server.port());
    other.send(get("/alive"));
    EXPECT_EQ(next(other), "200 GET /alive");
  }
}

TEST(Server, AnswersEarlyAndReadsOverASmallBody) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(post("/early", std::string(std::size_t{64} * 1024, 'x')) + get("/next"));
  EXPECT_EQ(next(peer), "403 early");
  EXPECT_EQ(next(peer), "200 GET /next");
}

TEST(Server, AnswersEarlyAndClosesOnALargeBody) {
  RunningServer server;
  const std::string chunked =
      "POST /early HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n";
  for (const auto& request : {post("/early", std::string(64 * 1024 + 1, 'x')), chunked}) {
    Peer peer(server.port());
    peer.send(request);
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 403);
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_TRUE(peer.at_end());
  }
}

TEST(Server, MayAnswerWhileABodyIsBeingRead) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("POST /body-then-hold HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n");
  server.wait_for_held(1);
  server.release({.status = 503, .headers = {}, .body = "no"});
  EXPECT_EQ(peer.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  EXPECT_EQ(next(peer), "503 no");
  EXPECT_TRUE(peer.at_end());
}

TEST(Server, TakesNoMoreConnectionsThanItMay) {
  http::Limits limits;
  limits.connections_max = 1;
  RunningServer server(limits);
  Peer first(server.port());
  first.send(get("/hold"));
  server.wait_for_held(1);
  Peer second(server.port());
  second.send(get("/second"));
  server.on_loop([](Server& s) { EXPECT_EQ(s.connections(), 1U); });
  server.release({.status = 200, .headers = {{"Connection", "close"}}, .body = "first"});
  EXPECT_EQ(next(first), "200 first");
  EXPECT_TRUE(first.at_end());
  first.reset();
  EXPECT_EQ(next(second), "200 GET /second");
}

// Without free descriptors the connection stays in the kernel's queue; it is taken when there are some again.
TEST(Server, WaitsWhileDescriptorsAreShort) {
  RunningServer server;
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  std::optional<Peer> peer;
  server.on_loop([&](Server&) {
    peer.emplace(server.port());
    peer->send(get("/x"));
    const int next_descriptor = dup(0);
    close(next_descriptor);
    rlimit short_limit = before;
    short_limit.rlim_cur = static_cast<rlim_t>(next_descriptor);
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &short_limit), 0);
  });
  for (int turn = 0; turn < 10; ++turn) {
    server.on_loop([](Server& s) { EXPECT_EQ(s.connections(), 0U); });
  }
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(next(*peer), "200 GET /x");
}

TEST(Server, TwoOfThemShareAWorker) {
  Worker worker;
  worker.keep_running();
  const auto handler = [](const std::shared_ptr<Exchange>& exchange) {
    exchange->answer({.status = 200, .headers = {}, .body = exchange->peer().text()});
  };
  auto one = Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value();
  auto two = Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value();
  Server open(worker, one, 0, {}, handler, answer_fault);
  Server admin(worker, two, 0, {}, handler, answer_fault);
  std::thread loop([&] { worker.run(); });
  for (const auto port : {one.where().port, two.where().port}) {
    Peer peer(port);
    peer.send(get("/"));
    EXPECT_EQ(next(peer), "200 127.0.0.1");
  }
  worker.stop();
  loop.join();
}

}  // namespace
}  // namespace callgate::net
