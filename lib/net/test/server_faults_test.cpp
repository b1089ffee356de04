// SPDX-License-Identifier: Apache-2.0
// What a hostile, broken or slow peer sees: each limit one step past, each malformed stream, each time-out.
#include <gtest/gtest.h>
#include <callgate/net/server.hpp>

#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;

constexpr std::string_view kHead = "GET / HTTP/1.1\r\nHost: a\r\n";

// Sends `bytes` and gives status and body of the answer, which must say "close" and end the connection.
std::string fault_of(RunningServer& server, std::string_view bytes) {
  Peer peer(server.port());
  peer.send(bytes);
  const auto answer = peer.answer();
  if (!answer) return "none";
  EXPECT_EQ(answer->header("Connection"), "close");
  EXPECT_TRUE(peer.at_end());
  return std::to_string(answer->status) + " " + answer->body;
}

std::string status_of(RunningServer& server, std::string_view bytes) {
  Peer peer(server.port());
  peer.send(bytes);
  const auto answer = peer.answer();
  return answer ? std::to_string(answer->status) : "none";
}

TEST(ServerFaults, RefusesMalformedStreams) {
  RunningServer server;
  const std::string cases[] = {
      "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s,
      "garbage\r\n",
      std::string(100, 'A'),
      "\0"s,
      "GET / HTTP/1.1\nHost: a\n\n",
      "GET / HTTP/1.1\r\nHost: a\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\r\n z\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nX: y\0z\r\n\r\n"s,
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
      "CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n",
      "\r\n\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 3\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: -3\r\n\r\nabc",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
      "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n1\na\n0\n\n",
  };
  for (const auto& bytes : cases) EXPECT_EQ(fault_of(server, bytes), "400 http_malformed") << bytes;
}

TEST(ServerFaults, AnswersNothingBehindAFault) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("GET /1 HTTP/1.1\r\nHost: a\r\n\r\nGET /2 HTTP/1.1\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\n");
  EXPECT_EQ(peer.answer()->body, "GET /1");
  EXPECT_EQ(peer.answer()->status, 400);
  EXPECT_TRUE(peer.at_end());
}

TEST(ServerFaults, HoldsTheLimitsOfTheHead) {
  http::Limits limits;
  limits.head_bytes_max = 1000;
  limits.header_count_max = 5;
  limits.target_bytes_max = 200;
  RunningServer server(limits);
  const auto of_size = [](std::size_t size) {
    return std::string(kHead) + "X: " + std::string(size - kHead.size() - 7, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(status_of(server, of_size(1000)), "200");
  EXPECT_EQ(fault_of(server, of_size(1001)), "431 headers_too_large");
  EXPECT_EQ(fault_of(server, std::string(kHead) + "X: " + std::string(50'000, 'x')), "431 headers_too_large");
  EXPECT_EQ(status_of(server, std::string(kHead) + "A: a\r\nA: a\r\nA: a\r\nA: a\r\n\r\n"), "200");
  EXPECT_EQ(fault_of(server, std::string(kHead) + "A: a\r\nA: a\r\nA: a\r\nA: a\r\nA: a\r\n\r\n"),
            "431 headers_too_large");
  const auto target = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  EXPECT_EQ(status_of(server, target(200)), "200");
  EXPECT_EQ(fault_of(server, target(201)), "414 target_too_long");
  EXPECT_EQ(fault_of(server, target(5'000)), "414 target_too_long");
}

TEST(ServerFaults, HoldsTheLimitOfTheBody) {
  http::Limits limits;
  limits.body_bytes_max = 10;
  RunningServer server(limits);
  const std::string chunked = "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string declared = "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: ";
  EXPECT_EQ(status_of(server, declared + "10\r\n\r\n0123456789"), "200");
  EXPECT_EQ(fault_of(server, declared + "11\r\n\r\n"), "413 body_too_large");
  EXPECT_EQ(fault_of(server, declared + "18446744073709551615\r\n\r\n"), "413 body_too_large");
  EXPECT_EQ(status_of(server, chunked + "5\r\n01234\r\n5\r\n01234\r\n0\r\n\r\n"), "200");
  EXPECT_EQ(fault_of(server, chunked + "5\r\n01234\r\n6\r\n"), "413 body_too_large");
}

TEST(ServerFaults, LetsTheSenderOfALargeBodyReadTheAnswer) {
  RunningServer server;
  const std::string body(std::size_t{2} * 1024 * 1024, 'x');
  EXPECT_EQ(fault_of(server, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2097152\r\n\r\n" + body),
            "413 body_too_large");
  EXPECT_EQ(fault_of(server,
                     "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n200000\r\n" + body),
            "413 body_too_large");
}

TEST(ServerFaults, TimesOutASlowHead) {
  http::Limits limits;
  limits.head_timeout = milliseconds(50);
  RunningServer server(limits);
  EXPECT_EQ(fault_of(server, "GET / HTTP/1.1\r\nHos"), "408 request_timeout");
  // Also behind a request on the same connection.
  Peer peer(server.port());
  peer.send(std::string(kHead) + "\r\nG");
  EXPECT_EQ(peer.answer()->status, 200);
  EXPECT_EQ(peer.answer()->status, 408);
  EXPECT_TRUE(peer.at_end());
}

TEST(ServerFaults, TimesOutASlowBody) {
  http::Limits limits;
  limits.body_timeout = milliseconds(50);
  RunningServer server(limits);
  EXPECT_EQ(fault_of(server, "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc"),
            "408 request_timeout");
  EXPECT_EQ(fault_of(server, "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n"),
            "408 request_timeout");
  // Nobody asked for this body: it is read over, then the connection closes without a word.
  Peer peer(server.port());
  peer.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
  EXPECT_EQ(peer.answer()->status, 403);
  EXPECT_TRUE(peer.at_end());
}

TEST(ServerFaults, ClosesAnIdleConnectionInSilence) {
  http::Limits limits;
  limits.idle_timeout = milliseconds(50);
  RunningServer server(limits);
  Peer fresh(server.port());
  EXPECT_TRUE(fresh.at_end());
  Peer used(server.port());
  used.send(std::string(kHead) + "\r\n");
  EXPECT_EQ(used.answer()->status, 200);
  EXPECT_TRUE(used.at_end());
}

TEST(ServerFaults, ClosesOnAPeerThatDoesNotReadItsAnswer) {
  http::Limits limits;
  limits.write_timeout = milliseconds(50);
  RunningServer server(limits);
  Peer peer(server.port());
  peer.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_held(1);
  const std::size_t size = std::size_t{64} * 1024 * 1024;  // more than the kernel takes
  server.release({.status = 200, .headers = {}, .body = std::string(size, 'x')});
  std::promise<void> closed;
  const std::function<void(Server&)> look = [&](Server& s) {
    if (s.connections() == 0) closed.set_value();
  };
  auto future = closed.get_future();
  while (future.wait_for(milliseconds(5)) != std::future_status::ready) server.on_loop(look);
  EXPECT_LT(peer.read_to_end().size(), size);
}

TEST(ServerFaults, ReportsABodyThatEndsEarly) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nabc");
  peer.shut_sending();
  EXPECT_EQ(peer.answer()->status, 400);
  EXPECT_TRUE(peer.at_end());
}

TEST(ServerFaults, ClosesOnAHeadThatEndsEarly) {
  RunningServer server;
  Peer peer(server.port());
  peer.send("GET / HTTP/1.1\r\n");
  peer.shut_sending();
  EXPECT_TRUE(peer.at_end());
}

}  // namespace
}  // namespace callgate::net
