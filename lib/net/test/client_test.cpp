// SPDX-License-Identifier: Apache-2.0
#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <callgate/net/client.hpp>
#include <callgate/net/server.hpp>
#include <thread>

#include "listener_sockets.hpp"
#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;
using Kind = ClientError::Kind;
using Result = tl::expected<http::Response, ClientError>;

http::Request post(std::string target, std::string body = "") {
  return {.head = {.method = "POST", .target = std::move(target), .version_minor = 1, .headers = {}},
          .body = std::move(body)};
}

http::Url url(std::uint16_t port, const std::string& host = "127.0.0.1") {
  return *http::parse_url("http://" + host + ":" + std::to_string(port) + "/not/used");
}

Result send_and_wait(const http::Url& where, http::Request request, const ClientLimits& limits = {}) {
  Worker worker;
  std::optional<Result> result;
  send(worker, where, std::move(request), limits, [&](Result its_result) {
    EXPECT_FALSE(result);
    result = std::move(its_result);
  });
  EXPECT_FALSE(result);  // never from within send()
  worker.run();
  return result.value();
}

// Takes one connection, reads a head, sends `bytes`, then closes its side, or waits for the peer to close
// first.
class FakeServer {
 public:
  enum class After { close, wait, reset };

  explicit FakeServer(const std::string& bytes, After after = After::close)
      : listener_(Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value()), thread_([this, bytes, after] {
          const int descriptor = accept_one();
          Peer peer(descriptor, "");
          request_ = peer.read_until("\r\n\r\n");
          peer.send(bytes);
          if (after == After::reset) return peer.reset();
          if (after == After::close) peer.shut_sending();
          peer.read_to_end();
        }) {}
  ~FakeServer() {
    if (thread_.joinable()) thread_.join();
  }
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return listener_.where().port; }
  // After the exchange.
  const std::string& request() {
    thread_.join();
    return request_;
  }

 private:
  int accept_one() {
    for (;;) {
      fd_set readable;
      FD_ZERO(&readable);
      const int listening = listener_.sockets().descriptors[0];
      FD_SET(listening, &readable);
      select(listening + 1, &readable, nullptr, nullptr, nullptr);
      if (const int descriptor = accept(listening, nullptr, nullptr); descriptor >= 0) return descriptor;
    }
  }

  Listener listener_;
  std::string request_;
  std::thread thread_;
};

// The answer to bytes of a server, as "status body" or the kind of the error.
std::string outcome(const std::string& bytes, FakeServer::After after = FakeServer::After::close,
                    const ClientLimits& limits = {}, const std::string& method = "POST") {
  FakeServer server(bytes, after);
  auto request = post("/");
  request.head.method = method;
  const auto result = send_and_wait(url(server.port()), std::move(request), limits);
  if (result) return std::to_string(result->status) + " " + result->body;
  EXPECT_TRUE(result.error().sent) << "the server had the request";
  switch (result.error().kind) {
    case Kind::unreachable:
      return "unreachable";
    case Kind::timeout:
      return "timeout";
    case Kind::broken_answer:
      return "broken";
  }
  return "?";
}

TEST(Client, SendsAndReads) {
  RunningServer server;
  const std::string body(300'000, 'x');
  const auto result = send_and_wait(url(server.port()), post("/echo", body));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 200);
  EXPECT_EQ(result->body, body);
  EXPECT_EQ(send_and_wait(url(server.port(), "localhost"), post("/a?b"))->body, "POST /a?b");
}

TEST(Client, WritesItsOwnFraming) {
  FakeServer server("HTTP/1.1 204 No Content\r\nX: y\r\n\r\n");
  auto request = post("/a", "hi");
  request.head.headers = {
      {"X-A", "1"}, {"Host", "evil"}, {"Content-Length", "9"}, {"Connection", "keep-alive"}};
  const auto result = send_and_wait(url(server.port()), std::move(request));
  ASSERT_TRUE(result);
  EXPECT_EQ(result->headers.find("X"), "y");
  EXPECT_EQ(server.request(), "POST /a HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(server.port()) +
                                  "\r\nX-A: 1\r\nContent-Length: 2\r\nConnection: close\r\n\r\n");
}

TEST(Client, ReadsEveryFraming) {
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", FakeServer::After::wait), "200 ab");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
                    FakeServer::After::wait),
            "200 ab");
  EXPECT_EQ(outcome("HTTP/1.0 200 OK\r\n\r\nab"), "200 ab");
  EXPECT_EQ(outcome("HTTP/1.1 304 Not Modified\r\nContent-Length: 2\r\n\r\n", FakeServer::After::wait),
            "304 ");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n", FakeServer::After::wait, {}, "HEAD"),
            "200 ");
  EXPECT_EQ(outcome("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nX: y\r\n\r\n"
                    "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
                    FakeServer::After::wait),
            "201 ");
}

TEST(Client, ReportsABrokenAnswer) {
  EXPECT_EQ(outcome("H"), "broken");
  EXPECT_EQ(outcome("SSH-2.0-OpenSSH_9.2\r\n\r\n"), "broken");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab"), "broken");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\nab"), "broken");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n"), "broken");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n"), "broken");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nx"), "broken");
  EXPECT_EQ(outcome("HTTP/1.1 101 Switching Protocols\r\n\r\n"), "broken");
  std::string interim;
  for (int i = 0; i < 20; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(outcome(interim + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"), "broken");
}

TEST(Client, HoldsItsLimits) {
  ClientLimits limits;
  limits.head_bytes_max = 100;
  limits.body_bytes_max = 4;
  const auto run = [&](const std::string& bytes) { return outcome(bytes, FakeServer::After::wait, limits); };
  const std::string line = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\nX: ";
  EXPECT_EQ(run(line + std::string(100 - line.size() - 4, 'x') + "\r\n\r\nabcd"), "200 abcd");
  EXPECT_EQ(run(line + std::string(101 - line.size() - 4, 'x') + "\r\n\r\nabcd"), "broken");
  EXPECT_EQ(run(line + std::string(1000, 'x')), "broken");
  EXPECT_EQ(run("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"), "broken");
  EXPECT_EQ(run("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"), "broken");
  EXPECT_EQ(run("HTTP/1.1 200 OK\r\n\r\nabcde"), "broken");
}

TEST(Client, ReportsAnUnreachableServer) {
  EXPECT_EQ(outcome(""), "unreachable");
  EXPECT_EQ(outcome("", FakeServer::After::reset), "unreachable");
  std::uint16_t free_port = 0;
  {
    const auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, 1);
    free_port = listener->where().port;
  }
  const auto refused = send_and_wait(url(free_port), post("/"));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, Kind::unreachable);
  EXPECT_FALSE(refused.error().sent);
  EXPECT_EQ(refused.error().message,
            "http://127.0.0.1:" + std::to_string(free_port) + ": cannot connect: Connection refused");
  EXPECT_EQ(send_and_wait(url(free_port, "no.such.name.invalid"), post("/")).error().kind, Kind::unreachable);
  EXPECT_EQ(send_and_wait(*http::parse_url("https://127.0.0.1/"), post("/")).error().kind, Kind::unreachable);
  EXPECT_EQ(send_and_wait(url(free_port), post("/a b")).error().kind, Kind::unreachable);
}

TEST(Client, ReadsAnAnswerThatComesBeforeAllIsSent) {
  RunningServer server;
  const auto result =
      send_and_wait(url(server.port()), post("/early", std::string(std::size_t{32} * 1024 * 1024, 'x')));
  ASSERT_TRUE(result) << result.error().message;
  EXPECT_EQ(result->status, 403);
}

TEST(Client, GivesUpInTime) {
  ClientLimits limits;
  limits.total_timeout = milliseconds(50);
  EXPECT_EQ(outcome("", FakeServer::After::wait, limits), "timeout");
  EXPECT_EQ(outcome("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nab", FakeServer::After::wait, limits),
            "timeout");
}

// A socket that listens but whose queue is full: the kernel answers no more connections.
TEST(Client, GivesUpConnectingInTime) {
  const int listening = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  void* raw = &address;
  socklen_t size = sizeof address;
  ASSERT_EQ(bind(listening, static_cast<sockaddr*>(raw), size), 0);
  ASSERT_EQ(listen(listening, 0), 0);
  ASSERT_EQ(getsockname(listening, static_cast<sockaddr*>(raw), &size), 0);
  const std::uint16_t port = ntohs(address.sin_port);
  const Peer filler(port);
  ClientLimits limits;
  limits.connect_timeout = milliseconds(50);
  const auto result = send_and_wait(url(port), post("/"), limits);
  close(listening);
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, Kind::timeout);
}

TEST(Client, MayBeUnderWayWhenItsWorkerGoes) {
  FakeServer server("");
  Worker worker;
  bool called = false;
  send(worker, url(server.port()), post("/"), {}, [&](const Result&) { called = true; });
  worker.post([&] { worker.post([&] { worker.stop(); }); });
  worker.run();
  // Something must connect in any case, or the fake server would wait for ever.
  Peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace callgate::net
