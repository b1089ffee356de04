// SPDX-License-Identifier: Apache-2.0
// Connections are kept and used again where they may be, and nowhere else.
#include <gtest/gtest.h>

#include <future>

#include "pool_client.hpp"
#include "running_server.hpp"
#include "scripted_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using SteadyClock = std::chrono::steady_clock;

const std::string kOk = "HTTP/1.1 200 OK\r\n";

// Answers every request with the number of its connection.
void tell_number(Peer& peer, std::size_t number) {
  while (receive_request(peer)) peer.send(plain_answer(std::to_string(number)));
}

TEST(ClientPool, SendsOneRequestAfterTheOtherOnOneConnection) {
  ScriptedServer server(tell_number);
  PoolClient client;
  for (int i = 0; i < 20; ++i) EXPECT_EQ(client.ask(local_url(server.port()), make_post("/")), "200 0");
  EXPECT_EQ(client.pool().opened(), 1U);
  EXPECT_EQ(client.pool().open(), 1U);
  EXPECT_EQ(client.pool().idle(), 1U);
  EXPECT_EQ(server.connections(), 1U);
}

TEST(ClientPool, DoesNotAskForTheConnectionToBeClosed) {
  std::promise<std::string> head;
  ScriptedServer server([&](Peer& peer, std::size_t) {
    head.set_value(receive_request(peer).value().head);
    peer.send(plain_answer("x"));
    peer.read_to_end();
  });
  PoolClient client;
  auto request = make_post("/a?b", "hi");
  request.head.headers = {{"X-A", "1"}, {"Connection", "close"}, {"Content-Length", "9"}};
  EXPECT_EQ(client.ask(local_url(server.port()), std::move(request)), "200 x");
  EXPECT_EQ(head.get_future().get(),
            "POST /a?b HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                "\r\nX-A: 1\r\nContent-Length: 2\r\n\r\n");
}

struct KeepCase {
  std::string answer;
  std::string result;
  bool kept;
  std::string method = "POST";
  bool then_close = false;
};

TEST(ClientPool, KeepsAConnectionOnlyBehindACleanAnswer) {
  const std::string ab = kOk + "Content-Length: 2\r\n\r\nab";
  const KeepCase cases[] = {
      {ab, "200 ab", true},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n", "200 ab", true},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\nX: y\r\n\r\n", "200 ab", true},
      {"HTTP/1.1 204 No Content\r\n\r\n", "204 ", true},
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n", "302 ", true},
      {"HTTP/1.1 103 Early Hints\r\n\r\n" + ab, "200 ab", true},
      {kOk + "Keep-Alive: timeout=5\r\nContent-Length: 2\r\n\r\nab", "200 ab", true},
      {kOk + "Keep-Alive: timeout=1\r\nContent-Length: 2\r\n\r\nab", "200 ab", false},
      {kOk + "Keep-Alive: timeout=0\r\nContent-Length: 2\r\n\r\nab", "200 ab", false},
      {kOk + "Connection: close\r\nContent-Length: 2\r\n\r\nab", "200 ab", false},
      {"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nab", "200 ab", false},
      {kOk + "\r\nab", "200 ab", false, "POST", true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\n", "204 ", false},
      {kOk + "Content-Length: 2\r\n\r\n", "200 ", false, "HEAD"},
      {ab + "c", "200 ab", false},
      {ab + "\r\n", "200 ab", false},
      {ab + plain_answer("of somebody else"), "200 ab", false},
      {ab + "HTTP/1.1 100 Continue\r\n\r\n", "200 ab", false},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n0\r\n\r\n", "200 ", false},
      {kOk + "Content-Length: 3\r\n\r\nab", "broken", false, "POST", true},
      {kOk + "Content-Length: 99999999\r\n\r\nab", "broken", false},
      {kOk + "Content-Length: x\r\n\r\nab", "broken", false},
  };
  for (const auto& [answer, result, kept, method, then_close] : cases) {
    ScriptedServer server([&, &its_answer = answer, &close = then_close](Peer& peer, std::size_t number) {
      while (const auto request = receive_request(peer)) {
        const bool first = request->target() == "/first";
        peer.send(first ? its_answer : plain_answer(std::to_string(number)));
        if (first && close) return;
      }
    });
    PoolClient client;
    auto request = make_post("/first");
    request.head.method = method;
    EXPECT_EQ(client.ask(local_url(server.port()), std::move(request)), result) << answer;
    EXPECT_EQ(client.pool().idle(), kept ? 1U : 0U) << answer;
    EXPECT_EQ(client.pool().open(), kept ? 1U : 0U) << answer;
    EXPECT_EQ(client.ask(local_url(server.port()), make_post("/second")), kept ? "200 0" : "200 1") << answer;
  }
}

TEST(ClientPool, DropsAConnectionWhoseRequestWasNotWrittenWhole) {
  RunningServer server;
  PoolClient client;
  EXPECT_EQ(client.ask(local_url(server.port()), make_post("/early", std::string(32 << 20, 'x'))),
            "403 early");
  EXPECT_EQ(client.pool().open(), 0U);
}

TEST(ClientPool, CarriesBodiesByteForByte) {
  http::Limits limits;
  limits.body_bytes_max = 8 << 20;
  RunningServer server(limits);
  PoolClient client;
  std::string body;
  for (unsigned i = 0; i < 3'000'000; ++i) body += static_cast<char>((i * 2654435761U) >> 24);
  for (const std::size_t size : {std::size_t{0}, std::size_t{1}, std::size_t{16'384}, body.size()}) {
    EXPECT_TRUE(client.ask(local_url(server.port()), make_post("/echo", body.substr(0, size))) ==
                "200 " + body.substr(0, size))
        << size;
  }
  EXPECT_EQ(client.pool().opened(), 1U);
}

// The peer takes nothing until it is told to: what the kernel does not take stays in the request.
TEST(ClientPool, WaitsForAPeerThatReadsSlowly) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  ScriptedServer server([&](Peer& peer, std::size_t) {
    open.wait();
    while (const auto request = receive_request(peer)) peer.send(plain_answer(request->body.substr(0, 3)));
  });
  PoolClient client;
  const auto result =
      client.start(local_url(server.port()), make_post("/", "abc" + std::string(12 << 20, 'x')));
  client.turn();
  EXPECT_EQ(text_of(result), "none yet");
  gate.set_value();
  EXPECT_EQ(client.wait_for(result), "200 abc");
  EXPECT_EQ(client.pool().idle(), 1U);
}

TEST(ClientPool, ClosesWhatIsIdleForTooLong) {
  std::promise<void> closed;
  ScriptedServer server([&](Peer& peer, std::size_t number) {
    tell_number(peer, number);
    if (number == 0) closed.set_value();
  });
  PoolClient client({.idle_timeout = milliseconds(30)});
  EXPECT_EQ(client.ask(local_url(server.port()), make_post("/")), "200 0");
  EXPECT_TRUE(client.run_until([&] { return client.pool().open() == 0; }));
  closed.get_future().wait();
  EXPECT_EQ(client.ask(local_url(server.port()), make_post("/")), "200 1");
  // Also when the loop had no time to see to it.
  const auto late = SteadyClock::now() + milliseconds(31);
  while (SteadyClock::now() < late) std::this_thread::yield();
  EXPECT_EQ(client.ask(local_url(server.port()), make_post("/")), "200 2");
}

TEST(ClientPool, KeepsASecondLessThanThePeerSays) {
  ScriptedServer server([&](Peer& peer, std::size_t) {
    while (receive_request(peer)) peer.send(kOk + "Keep-Alive: timeout=2\r\nContent-Length: 0\r\n\r\n");
  });
  PoolClient client({.idle_timeout = seconds(25)});
  const auto begun = SteadyClock::now();
  EXPECT_EQ(client.ask(local_url(server.port()), make_post("/")), "200 ");
  EXPECT_EQ(client.pool().idle(), 1U);
  EXPECT_TRUE(client.run_until([&] { return client.pool().open() == 0; }));
  EXPECT_GE(SteadyClock::now() - begun, seconds(1));
  EXPECT_LT(SteadyClock::now() - begun, seconds(20));
}

// Holds every answer until as many requests are there, then answers with the connection's number.
class Meeting {
 public:
  void join(std::size_t count) {
    std::unique_lock lock(mutex_);
    ++here_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return here_ >= count; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::size_t here_ = 0;
};

TEST(ClientPool, PrefersTheConnectionThatWasUsedLast) {
  Meeting meeting;
  ScriptedServer server([&](Peer& peer, std::size_t number) {
    while (const auto request = receive_request(peer)) {
      if (request->target() == "/meet") meeting.join(2);
      peer.send(plain_answer(std::to_string(number)));
    }
  });
  PoolClient client;
  const auto url = local_url(server.port());
  const auto one = client.start(url, make_post("/meet"));
  const auto two = client.start(url, make_post("/meet"));
  EXPECT_EQ(client.wait_for(one).substr(0, 4), "200 ");
  EXPECT_EQ(client.wait_for(two).substr(0, 4), "200 ");
  EXPECT_EQ(client.pool().idle(), 2U);
  const std::string last = client.ask(url, make_post("/"));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(client.ask(url, make_post("/")), last);
  EXPECT_EQ(client.pool().opened(), 2U);
}

TEST(ClientPool, TellsUpstreamsApart) {
  ScriptedServer one(tell_number);
  ScriptedServer two(tell_number);
  PoolClient client;
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(client.ask(local_url(one.port()), make_post("/")), "200 0");
    EXPECT_EQ(client.ask(local_url(two.port()), make_post("/")), "200 0");
    EXPECT_EQ(client.ask(local_url(one.port(), "http", "localhost"), make_post("/")), "200 1");
  }
  EXPECT_EQ(client.pool().opened(), 3U);
  EXPECT_EQ(client.pool().idle(), 3U);
}

TEST(ClientPool, ReportsWhatCannotBeSent) {
  PoolClient client;
  const auto url = local_url(1);
  EXPECT_EQ(client.ask(url, make_post("/")), "unreachable");
  EXPECT_EQ(client.ask(url, make_post("/a b")), "unreachable");
  EXPECT_EQ(client.ask(local_url(1, "https"), make_post("/")), "unreachable");
  EXPECT_EQ(client.ask(local_url(1, "http", "no.such.name.invalid"), make_post("/")), "unreachable");
  EXPECT_EQ(client.pool().open(), 0U);
}

TEST(ClientPool, RequestsWaitInOrderForAConnection) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::string order;  // of the one connection's thread; read when the answers are there
  ScriptedServer server([&](Peer& peer, std::size_t number) {
    open.wait();
    while (const auto request = receive_request(peer)) {
      order += request->target();
      peer.send(plain_answer(std::to_string(number)));
    }
  });
  PoolClient client({.connections_per_upstream_max = 1, .waiting_max = 3});
  const auto url = local_url(server.port());
  std::vector<PendingResult> results;
  for (const auto* target : {"/1", "/2", "/3", "/4"}) results.push_back(client.start(url, make_post(target)));
  EXPECT_EQ(client.pool().waiting(), 3U);
  // One step past.
  const auto refused = client.start(url, make_post("/5"));
  EXPECT_EQ(client.wait_for(refused), "busy");
  EXPECT_EQ((*refused)->error().message, url.origin() + ": too many requests wait for a connection");
  EXPECT_EQ(client.pool().waiting(), 3U);
  gate.set_value();
  for (const auto& result : results) EXPECT_EQ(client.wait_for(result), "200 0");
  EXPECT_EQ(order, "/1/2/3/4");
  EXPECT_EQ(client.pool().opened(), 1U);
  EXPECT_EQ(client.pool().waiting(), 0U);
}

TEST(ClientPool, EndsAWaitInTime) {
  std::promise<void> gate;
  const std::shared_future<void> open = gate.get_future().share();
  std::atomic<int> requests = 0;
  ScriptedServer server([&](Peer& peer, std::size_t number) {
    while (receive_request(peer)) {
      ++requests;
      open.wait();
      peer.send(plain_answer(std::to_string(number)));
    }
  });
  PoolClient client({.connections_per_upstream_max = 1});
  const auto url = local_url(server.port());
  const auto held = client.start(url, make_post("/"));
  const auto waiting = client.start(url, make_post("/"), {.connect_timeout = milliseconds(30)});
  EXPECT_EQ(client.wait_for(waiting), "busy");
  EXPECT_EQ((*waiting)->error().message, url.origin() + ": no connection was free in time");
  EXPECT_EQ(client.pool().waiting(), 0U);
  gate.set_value();
  EXPECT_EQ(client.wait_for(held), "200 0");
  EXPECT_EQ(client.ask(url, make_post("/")), "200 0");
  EXPECT_EQ(requests, 2);
}

// A connection that ends makes room for those that wait, however it ends.
TEST(ClientPool, AConnectionThatBreaksMakesRoom) {
  ScriptedServer server([](Peer& peer, std::size_t number) {
    const auto request = receive_request(peer);
    if (!request) return;
    if (number == 0) return peer.reset();
    if (number == 1) return;
    if (number == 2) peer.send("garbage\r\n\r\n");
    if (number == 3) peer.send(kOk + "Connection: close\r\nContent-Length: 1\r\n\r\nx");
    if (number == 4) peer.send(plain_answer("y") + "surplus");
    if (number >= 5) peer.send(plain_answer("z"));
    peer.read_to_end();
  });
  PoolClient client({.connections_per_upstream_max = 1});
  std::vector<PendingResult> results;
  for (int i = 0; i < 6; ++i) results.push_back(client.start(local_url(server.port()), make_post("/")));
  std::vector<std::string> texts;
  for (const auto& result : results) texts.push_back(client.wait_for(result));
  EXPECT_EQ(texts,
            (std::vector<std::string>{"unreachable", "unreachable", "broken", "200 x", "200 y", "200 z"}));
  EXPECT_EQ(client.pool().opened(), 6U);
  EXPECT_EQ(client.pool().open(), 1U);
}

}  // namespace
}  // namespace callgate::net
