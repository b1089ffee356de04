// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>

#include <callgate/net/server.hpp>

#include "listener_sockets.hpp"
#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

TEST(Listener, PicksAPortAndOpensOneSocketForEachWorker) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, 3);
  ASSERT_TRUE(listener) << listener.error().message;
  EXPECT_NE(listener->where().port, 0);
  EXPECT_EQ(listener->where().host, "127.0.0.1");
  ASSERT_EQ(listener->sockets().descriptors.size(), 3U);
  for (const int descriptor : listener->sockets().descriptors) {
    EXPECT_TRUE(fcntl(descriptor, F_GETFD) & FD_CLOEXEC);
  }
}

TEST(Listener, RefusesAnAddressInUse) {
  const auto first =
      Listener::bind({.host = "127.0.0.1", .port = 0}, 2);  // its holder uses SO_REUSEPORT as well
  ASSERT_TRUE(first);
  const auto second = Listener::bind(first->where(), 1);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().message,
            "cannot listen on " + first->where().text() + ": address already in use; choose another address");
}

TEST(Listener, FreesThePortWhenItGoes) {
  http::Endpoint where;
  {
    const auto first = Listener::bind({.host = "127.0.0.1", .port = 0}, 2);
    ASSERT_TRUE(first);
    where = first->where();
  }
  EXPECT_TRUE(Listener::bind(where, 1));
}

TEST(Listener, ResolvesNames) {
  EXPECT_TRUE(Listener::bind({.host = "localhost", .port = 0}, 1));
  const auto missing = Listener::bind({.host = "no.such.name.invalid", .port = 0}, 1);
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().message.find("cannot listen on no.such.name.invalid:0: "), 0U)
      << missing.error().message;
  const auto foreign = Listener::bind({.host = "192.0.2.1", .port = 0}, 1);
  ASSERT_FALSE(foreign);
  EXPECT_NE(foreign.error().message.find("choose another"), std::string::npos) << foreign.error().message;
}

TEST(Listener, ShowsMappedPeersAsIpv4) {
  auto listener = Listener::bind({.host = "::", .port = 0}, 1);
  if (!listener) GTEST_SKIP() << "no IPv6 here: " << listener.error().message;
  EXPECT_EQ(listener->where().text().find("[::]:"), 0U);
  Worker worker;
  Server server(
      worker, *listener, 0, {},
      [](const std::shared_ptr<Exchange>& exchange) {
        exchange->answer({.status = 200, .headers = {}, .body = exchange->peer().text()});
      },
      answer_fault);
  worker.keep_running();
  std::thread loop([&] { worker.run(); });
  Peer peer(listener->where().port);
  peer.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n");
  const auto answer = peer.answer();
  worker.stop();
  loop.join();
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->body, "127.0.0.1");
}

}  // namespace
}  // namespace callgate::net
