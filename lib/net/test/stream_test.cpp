// SPDX-License-Identifier: Apache-2.0
// Answers without a known end.
#include <gtest/gtest.h>
#include <callgate/net/server.hpp>

#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

constexpr const char* kRequest = "GET /stream HTTP/1.1\r\nHost: a\r\n\r\n";

bool is_open(RunningServer& server) {
  bool open = false;
  server.on_loop([&](Server&) { open = server.stream() != nullptr && server.stream()->is_open(); });
  return open;
}

void wait_until_closed(RunningServer& server) {
  while (is_open(server)) std::this_thread::yield();
}

TEST(Stream, SendsPiecesAsTheyComeAndEndsWithTheConnection) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(kRequest);
  const std::string head = peer.read_until("\r\n\r\n");
  EXPECT_NE(head.find("HTTP/1.1 200 OK\r\n"), std::string::npos);
  EXPECT_NE(head.find("Connection: close\r\n"), std::string::npos);
  EXPECT_EQ(head.find("Content-Length"), std::string::npos);
  EXPECT_EQ(peer.read_until("begin\n"), "begin\n");
  server.on_loop([&](Server&) { server.stream()->send("one\n"); });
  EXPECT_EQ(peer.read_until("\n"), "one\n");
  server.on_loop([&](Server&) {
    server.stream()->send("two\n");
    server.stream()->send("three\n");
    server.stream()->end();
    server.stream()->send("never\n");
  });
  EXPECT_EQ(peer.read_to_end(), "two\nthree\n");
}

TEST(Stream, EndsWhenItsPointerGoes) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(kRequest);
  EXPECT_NE(peer.read_until("begin\n"), "");
  server.on_loop([&](Server&) { server.stream().reset(); });
  EXPECT_TRUE(peer.at_end());
}

TEST(Stream, SeesThatThePeerHasGone) {
  for (const bool reset : {false, true}) {
    RunningServer server;
    {
      Peer peer(server.port());
      peer.send(std::string(kRequest) + "what nobody reads");
      EXPECT_NE(peer.read_until("begin\n"), "");
      EXPECT_TRUE(is_open(server));
      if (reset) peer.reset();
    }
    wait_until_closed(server);
    server.on_loop([&](Server& s) {
      server.stream()->send("into nothing");
      EXPECT_EQ(s.connections(), 0U);
    });
  }
}

TEST(Stream, CutsAPeerThatTakesNothing) {
  http::Limits limits;
  limits.write_timeout = milliseconds{300};
  RunningServer server(limits);
  Peer peer(server.port());
  peer.send(kRequest);
  EXPECT_NE(peer.read_until("begin\n"), "");
  server.on_loop([&](Server&) {
    server.stream()->send(std::string(std::size_t{32} * 1024 * 1024, 'x'));
    EXPECT_GT(server.stream()->unsent_bytes(), 0U);
  });
  wait_until_closed(server);
}

TEST(Stream, EndsWhenTheServerDrains) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(kRequest);
  EXPECT_NE(peer.read_until("begin\n"), "");
  auto drained = server.drain(milliseconds{10'000});
  EXPECT_TRUE(peer.at_end());
  peer.shut_sending();
  EXPECT_EQ(drained.wait_for(std::chrono::seconds{9}), std::future_status::ready);
}

}  // namespace
}  // namespace callgate::net
