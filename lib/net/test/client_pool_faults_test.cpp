// SPDX-License-Identifier: Apache-2.0
// What a broken, slow or hostile server does to kept connections; the end of a pool while calls are under
// way.
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <future>

#include "pool_client.hpp"
#include "scripted_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

// Two threads go on together.
class Signal {
 public:
  void give() { promise_.set_value(); }
  void wait() { future_.wait(); }

 private:
  std::promise<void> promise_;
  std::shared_future<void> future_ = promise_.get_future().share();
};

// Every test runs over http and over https.
class ClientPoolFaults : public testing::TestWithParam<const char*> {
 protected:
  bool is_tls() const { return GetParam() == std::string_view("https"); }
  std::optional<Pair> pair() const {
    if (!is_tls()) return std::nullopt;
    return authority_.issue("localhost");
  }
  http::Url url(const ScriptedServer& server) const { return local_url(server.port(), GetParam()); }
  std::shared_ptr<const TlsTrust> trust() const { return trust_; }
  std::string ask(PoolClient& client, const ScriptedServer& server, const std::string& target,
                  const ClientLimits& limits = {}) const {
    return client.ask(url(server), make_post(target), limits, trust_);
  }
  PendingResult start(PoolClient& client, const ScriptedServer& server, const std::string& target,
                      const ClientLimits& limits = {}) const {
    return client.start(url(server), make_post(target), limits, trust_);
  }

 private:
  static inline const Authority authority_{"test authority"};
  static inline const Folder folder_;
  const std::shared_ptr<const TlsTrust> trust_ =
      TlsTrust::load(folder_.put("ca.pem", authority_.pair().certificate)).value();
};

INSTANTIATE_TEST_SUITE_P(Over, ClientPoolFaults, testing::Values("http", "https"),
                         [](const auto& of) { return std::string(of.param); });

const std::pair<const char*, std::function<void(Peer&)>> kIdleFaults[] = {
    {"end", [](Peer& peer) { peer.shut_sending(); }},
    {"reset", [](Peer& peer) { peer.reset(); }},
    {"a byte", [](Peer& peer) { peer.send("H"); }},
    {"an answer", [](Peer& peer) { peer.send(plain_answer("of nobody")); }},
    {"an interim answer", [](Peer& peer) { peer.send("HTTP/1.1 100 Continue\r\n\r\n"); }},
};

// The peer acts on a connection that is idle. The loop has seen it before the next request is handed over, or
// has not.
TEST_P(ClientPoolFaults, AnIdleConnectionOnWhichThePeerActsIsNotUsed) {
  for (const auto& [name, act] : kIdleFaults) {
    for (const bool seen : {true, false}) {
      Signal go_on, done;
      std::atomic<int> requests = 0;
      const auto script = [&, &its_act = act](Peer& peer, std::size_t number) {
        while (receive_request(peer)) {
          ++requests;
          peer.send(plain_answer(std::to_string(number)));
          if (number > 0) continue;
          go_on.wait();
          its_act(peer);
          done.give();
          peer.read_to_end();
        }
      };
      ScriptedServer server(script, pair());
      PoolClient client;
      EXPECT_EQ(ask(client, server, "/"), "200 0") << name;
      EXPECT_EQ(client.pool().idle(), 1U) << name;
      go_on.give();
      done.wait();  // on loopback it is there now
      if (seen) {
        EXPECT_TRUE(client.run_until([&] { return client.pool().open() == 0; })) << name;
      }
      EXPECT_EQ(ask(client, server, "/"), "200 1") << name;
      EXPECT_EQ(requests, 2) << name;
    }
  }
}

// The client's end of a connection to that port. Only one is open.
int descriptor_to(std::uint16_t port) {
  for (int descriptor = 3; descriptor < 1024; ++descriptor) {
    sockaddr_in peer{};
    void* const raw = &peer;
    socklen_t size = sizeof peer;
    if (getpeername(descriptor, static_cast<sockaddr*>(raw), &size) == 0 && ntohs(peer.sin_port) == port)
      return descriptor;
  }
  return -1;
}

// A connection that looks well, but takes not one byte. (Its sending side is shut: the peer sees an end, but
// has sent nothing.)
TEST_P(ClientPoolFaults, ARequestOfWhichNothingWasSentIsTriedAgainOnce) {
  for (const bool up_again : {true, false}) {
    std::atomic<int> requests = 0;
    Signal go_on;  // outlives the server, whose threads wait for it
    std::optional<ScriptedServer> server;
    server.emplace(
        [&](Peer& peer, std::size_t number) {
          while (receive_request(peer)) {
            ++requests;
            peer.send(plain_answer(std::to_string(number)));
            if (number == 0) go_on.wait();  // does not answer the end with one of its own
          }
        },
        pair());
    PoolClient client({.connections_per_upstream_max = 1});
    EXPECT_EQ(ask(client, *server, "/"), "200 0");
    ASSERT_EQ(shutdown(descriptor_to(server->port()), SHUT_WR), 0);
    const auto where = url(*server);
    if (!up_again) {
      std::thread closing([&] { server.reset(); });
      // Until nobody listens any more.
      while (Peer(where.port).connected()) std::this_thread::yield();
      EXPECT_EQ(client.ask(where, make_post("/"), {}, trust()), "unreachable");
      EXPECT_EQ(client.pool().opened(), 2U);
      go_on.give();
      closing.join();
      EXPECT_EQ(requests, 1);
      continue;
    }
    EXPECT_EQ(client.ask(where, make_post("/"), {}, trust()), "200 1");
    EXPECT_EQ(client.pool().opened(), 2U);
    EXPECT_EQ(client.pool().open(), 1U);
    EXPECT_EQ(requests, 2);
    go_on.give();
    client.destroy_pool();
  }
}

// Once a byte may have gone out there is no second try, neither on a new connection nor on a kept one.
TEST_P(ClientPoolFaults, ARequestThatMayHaveBeenSeenIsNotSentAgain) {
  const std::pair<const char*, std::function<void(Peer&)>> cases[] = {
      {"end before it reads", [](Peer&) {}},
      {"end after the request", [](Peer& peer) { receive_request(peer); }},
      {"reset after the request",
       [](Peer& peer) {
         receive_request(peer);
         peer.reset();
       }},
      {"end after one byte", [](Peer& peer) { peer.read_bytes(1); }},
      {"reset after one byte",
       [](Peer& peer) {
         peer.read_bytes(1);
         peer.reset();
       }},
      {"end inside the answer",
       [](Peer& peer) {
         receive_request(peer);
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
       }},
      {"reset inside the answer",
       [](Peer& peer) {
         receive_request(peer);
         peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
         peer.reset();
       }},
      {"garbage", [](Peer& peer) { peer.send("SSH-2.0-x\r\n\r\n"); }},
  };
  for (const auto& [name, act] : cases) {
    for (const bool kept : {false, true}) {
      ScriptedServer server(
          [&, &its_act = act](Peer& peer, std::size_t) {
            if (kept) {
              if (!receive_request(peer)) return;
              peer.send(plain_answer("first"));
              if (peer.read_bytes(1).empty()) return;  // nothing may come before the next request
            }
            its_act(peer);
          },
          pair());
      PoolClient client;
      if (kept) {
        EXPECT_EQ(ask(client, server, "/"), "200 first") << name;
      }
      const std::string text = ask(client, server, "/");
      EXPECT_TRUE(text == "unreachable" || text == "broken") << name << ": " << text;
      EXPECT_EQ(client.pool().opened(), 1U) << name;
      EXPECT_EQ(client.pool().open(), 0U) << name;
    }
  }
}

TEST_P(ClientPoolFaults, AConnectionThatTimedOutIsClosed) {
  for (const auto* begun :
       {"", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"}) {
    Signal closed;
    ScriptedServer server(
        [&](Peer& peer, std::size_t number) {
          while (receive_request(peer)) {
            if (number > 0) {
              peer.send(plain_answer(std::to_string(number)));
              continue;
            }
            peer.send(begun);
            peer.read_to_end();
            closed.give();
            peer.send(plain_answer("too late"));
          }
        },
        pair());
    PoolClient client;
    EXPECT_EQ(ask(client, server, "/", {.total_timeout = milliseconds(40)}), "timeout") << begun;
    EXPECT_EQ(client.pool().open(), 0U) << begun;
    closed.wait();
    EXPECT_EQ(ask(client, server, "/"), "200 1") << begun;
  }
}

// The time of one call does not run on into the idle time or the next call.
TEST_P(ClientPoolFaults, TimeBeginsAnewWithEachCall) {
  ScriptedServer server(
      [](Peer& peer, std::size_t number) {
        while (const auto request = receive_request(peer)) {
          if (request->target() == "/hang") return static_cast<void>(peer.read_to_end());
          peer.send(plain_answer(std::to_string(number)));
        }
      },
      pair());
  PoolClient client;
  const auto begun = std::chrono::steady_clock::now();
  const auto age = [&] { return std::chrono::steady_clock::now() - begun; };
  EXPECT_EQ(ask(client, server, "/", {.total_timeout = milliseconds(5'000)}), "200 0");
  EXPECT_EQ(ask(client, server, "/hang", {.total_timeout = milliseconds(40)}), "timeout");
  EXPECT_LT(age(), milliseconds(4'000));
  // From a short time to a long one, over the end of the short one.
  EXPECT_EQ(ask(client, server, "/", {.total_timeout = milliseconds(500)}), "200 1");
  const auto late = age() + milliseconds(600);
  EXPECT_TRUE(client.run_until([&] { return age() > late; }));
  EXPECT_EQ(client.pool().idle(), 1U);
  EXPECT_EQ(ask(client, server, "/"), "200 1");
}

TEST_P(ClientPoolFaults, APoolMayGoWhileCallsAreUnderWay) {
  ScriptedServer server(
      [](Peer& peer, std::size_t) {
        while (const auto request = receive_request(peer)) {
          if (request->target() == "/hang") return static_cast<void>(peer.read_to_end());
          peer.send(plain_answer("x"));
        }
      },
      pair());
  const auto silent = Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value();  // nobody accepts
  for (const bool loop_goes_on : {true, false}) {
    PoolClient client({.connections_per_upstream_max = 2, .waiting_max = 1});
    EXPECT_EQ(ask(client, server, "/"), "200 x");
    std::vector<PendingResult> results;
    results.push_back(start(client, server, "/hang"));
    results.push_back(start(client, server, "/hang"));  // connects
    results.push_back(start(client, server, "/hang"));  // waits
    results.push_back(start(client, server, "/hang"));  // is told soon that it may not
    results.push_back(start(client, server, "/a b"));   // is told soon
    results.push_back(client.start(local_url(silent.where().port, GetParam()), make_post("/"), {}, trust()));
    results.push_back(client.start(local_url(1, GetParam(), "localhost"), make_post("/"), {}, trust()));
    EXPECT_EQ(client.pool().waiting(), 1U);
    client.destroy_pool();
    if (loop_goes_on) client.turn();
    for (const auto& result : results) EXPECT_EQ(text_of(result), "none yet");
    if (loop_goes_on) {
      for (const auto& result : results) EXPECT_EQ(result.use_count(), 1) << "a callback is still held";
    }
  }
}

TEST_P(ClientPoolFaults, APoolMayGoWithCallsUnderWayForAWhile) {
  ScriptedServer server(
      [](Peer& peer, std::size_t) {
        receive_request(peer);
        peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab");
        peer.read_to_end();
      },
      pair());
  PoolClient client;
  const auto result = start(client, server, "/");
  EXPECT_TRUE(client.run_until([&] { return server.connections() == 1; }));
  client.turn();
  client.destroy_pool();
  client.turn();
  EXPECT_EQ(text_of(result), "none yet");
  EXPECT_EQ(result.use_count(), 1);
}

TEST_P(ClientPoolFaults, ACallbackMayDestroyThePool) {
  ScriptedServer server(
      [](Peer& peer, std::size_t) {
        while (const auto request = receive_request(peer)) {
          if (request->target() == "/hang") return static_cast<void>(peer.read_to_end());
          if (request->target() == "/close") return;
          peer.send(plain_answer("x"));
        }
      },
      pair());
  // An answer, a broken connection, a time-out, a wait that is over, a queue that is full, a bad request.
  const std::string cases[] = {"/", "/close", "/hang", "wait", "full", "/a b"};
  for (const auto& which : cases) {
    PoolClient client({.connections_per_upstream_max = 1, .waiting_max = 1});
    ClientLimits limits;
    if (which == "/hang") limits.total_timeout = milliseconds(30);
    if (which == "wait") limits.connect_timeout = milliseconds(30);
    std::vector<PendingResult> others;
    if (which == "wait" || which == "full") others.push_back(start(client, server, "/hang"));
    if (which == "full") others.push_back(start(client, server, "/hang"));
    bool called = false;
    client.pool().send(url(server), make_post(which.starts_with('/') ? which : "/"), limits, trust(),
                       [&](const CallResult&) {
                         called = true;
                         client.destroy_pool();
                       });
    if (which == "/") others.push_back(start(client, server, "/"));
    EXPECT_TRUE(client.run_until([&] { return called; })) << which;
    client.turn();
    for (const auto& other : others) EXPECT_EQ(text_of(other), "none yet") << which;
  }
}

TEST_P(ClientPoolFaults, AWorkerMayGoRightBehindThePool) {
  ScriptedServer server([](Peer& peer, std::size_t) { peer.read_to_end(); }, pair());
  PoolClient client;
  const auto result = start(client, server, "/");
  EXPECT_TRUE(client.run_until([&] { return server.connections() == 1; }));
  client.destroy_pool();
  EXPECT_EQ(text_of(result), "none yet");
}

TEST_P(ClientPoolFaults, AHandshakeOrConnectionThatHangsTimesOut) {
  const auto silent = Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value();  // nobody accepts
  PoolClient client;
  ClientLimits limits;
  (is_tls() ? limits.connect_timeout : limits.total_timeout) = milliseconds(40);
  EXPECT_EQ(client.ask(local_url(silent.where().port, GetParam()), make_post("/"), limits, trust()),
            "timeout");
  EXPECT_EQ(client.pool().open(), 0U);
}

}  // namespace
}  // namespace callgate::net
