// SPDX-License-Identifier: Apache-2.0
// How many connections are taken, in all and from one address, by one worker and by several.
#include <gtest/gtest.h>
#include <callgate/net/server.hpp>
#include <thread>

#include "certificates.hpp"
#include "peer.hpp"
#include "running_server.hpp"
#include "tls_peer.hpp"

namespace callgate::net {
namespace {

const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

int status_of(Peer& peer) {
  peer.send(kGet);
  const auto answer = peer.answer();
  return answer ? answer->status : 0;
}

TEST(ConnectionLimits, AnswerASourceThatHasTooMany) {
  ServerOptions options;
  options.limits.connections_per_source_max = 2;
  options.connections = make_connection_count();
  RunningServer server(options);
  std::optional<Peer> one(std::in_place, server.port());
  Peer two(server.port());
  EXPECT_EQ(status_of(*one), 200);
  EXPECT_EQ(status_of(two), 200);
  Peer three(server.port());
  const auto refusal = three.answer();  // without having asked
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->status, 503);
  EXPECT_EQ(refusal->body, "overloaded");
  EXPECT_EQ(refusal->header("Connection"), "close");
  EXPECT_TRUE(three.at_end());
  EXPECT_EQ(status_of(two), 200);
  one->send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(one->answer());
  EXPECT_TRUE(one->at_end());
  one.reset();
  while (open_connections(*options.connections) > 2) server.on_loop([](Server&) {});
  three.reset();
  while (open_connections(*options.connections) > 1) server.on_loop([](Server&) {});
  Peer four(server.port());
  EXPECT_EQ(status_of(four), 200);
}

TEST(ConnectionLimits, BoundWhatRefusalsCost) {
  ServerOptions options;
  options.limits.connections_per_source_max = 1;
  options.connections = make_connection_count();
  RunningServer server(options);
  Peer good(server.port());
  EXPECT_EQ(status_of(good), 200);
  std::vector<std::unique_ptr<Peer>> many;
  for (int i = 0; i < 50; ++i) many.push_back(std::make_unique<Peer>(server.port()));
  server.on_loop([](Server&) {});
  EXPECT_LE(open_connections(*options.connections), 18U);  // one may just be on its way out
  std::size_t answered = 0;
  for (const auto& peer : many) answered += peer->answer() ? 1U : 0U;
  EXPECT_GE(answered, 16U);
  EXPECT_EQ(status_of(good), 200);
}

TEST(ConnectionLimits, DoNotCountTrustedProxies) {
  ServerOptions options;
  options.limits.connections_per_source_max = 1;
  options.trusted_proxies.push_back(http::Network::parse("127.0.0.1").value());
  RunningServer server(options);
  Peer one(server.port()), two(server.port());
  EXPECT_EQ(status_of(one), 200);
  EXPECT_EQ(status_of(two), 200);
}

TEST(ConnectionLimits, CloseBeforeAHandshake) {
  const Authority authority("test authority");
  const Folder folder;
  const Pair pair = authority.issue("localhost");
  ServerOptions options;
  options.limits.connections_per_source_max = 1;
  options.tls =
      TlsContext::load({folder.put("cert.pem", pair.certificate), folder.put("key.pem", pair.key)}).value();
  RunningServer server(options);
  TlsPeer one(server.port());
  EXPECT_EQ(status_of(one), 200);
  Peer two(server.port());
  EXPECT_TRUE(two.at_end());
}

// One limit for both workers; who is over it waits in the queue until a connection of any worker ends.
TEST(ConnectionLimits, HoldForAllWorkersTogether) {
  static constexpr std::size_t kMax = 4;
  ServerOptions options;
  options.limits.connections_max = kMax;
  options.connections = make_connection_count();
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, 2).value();
  const auto handler = [](const std::shared_ptr<Exchange>& exchange) {
    exchange->answer({.status = 200, .headers = {}, .body = "x"});
  };
  Worker workers[2];
  Server first(workers[0], listener, 0, options, handler, answer_fault);
  Server second(workers[1], listener, 1, options, handler, answer_fault);
  for (Worker& worker : workers) worker.keep_running();
  std::thread one([&] { workers[0].run(); });
  std::thread two([&] { workers[1].run(); });
  std::vector<std::unique_ptr<Peer>> peers;
  for (int i = 0; i < 40; ++i) peers.push_back(std::make_unique<Peer>(listener.where().port));
  std::vector<std::thread> users;
  std::atomic<int> good{0};
  for (const auto& peer : peers) {
    users.emplace_back([&peer, &good, &options] {
      peer->send("GET /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      if (peer->answer()) ++good;
      EXPECT_LE(open_connections(*options.connections), kMax);
      peer->reset();
    });
  }
  for (auto& user : users) user.join();
  EXPECT_EQ(good, 40);
  for (Worker& worker : workers) worker.stop();
  one.join();
  two.join();
}

TEST(ConnectionLimits, CanBeRaised) {
  ServerOptions options;
  options.limits.connections_max = 1;
  RunningServer server(options);
  Peer one(server.port());
  EXPECT_EQ(status_of(one), 200);
  Peer two(server.port());
  two.send(kGet);
  server.on_loop([](Server& s) { EXPECT_EQ(s.connections(), 1U); });
  options.limits.connections_max = 2;
  server.on_loop([&](Server& s) { s.use(options); });
  EXPECT_EQ(two.answer()->status, 200);
  server.on_loop([](Server& s) { EXPECT_EQ(s.connections(), 2U); });
}

}  // namespace
}  // namespace callgate::net
