// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/sink_http/http_sink.hpp>
#include <optional>

#include "certificates.hpp"
#include "scripted_server.hpp"

namespace callgate::sink_http {
namespace {

using namespace std::chrono_literals;
using delivery::Pushed;
using net::Peer;
using net::receive_request;

http::Request make_request(std::string target = "/in?a=b") {
  return {.head = {.method = "POST",
                   .target = std::move(target),
                   .version_minor = 1,
                   .headers = {{"Content-Type", "application/json"}, {"webhook-id", "evt_1"}}},
          .body = "{}"};
}

std::string text_of(const std::optional<Pushed>& pushed) {
  if (!pushed) return "none yet";
  switch (pushed->what) {
    case Pushed::What::answered:
      return std::to_string(pushed->status) +
             (pushed->retry_after ? " after " + std::to_string(pushed->retry_after->count()) : "");
    case Pushed::What::unreachable:
      return "unreachable";
    case Pushed::What::timeout:
      return "timeout";
    case Pushed::What::broken:
      return "broken";
    case Pushed::What::busy:
      return "busy";
  }
  return "?";
}

// A sink and its worker, which runs on the test's thread while the test waits.
class Client {
 public:
  explicit Client(std::size_t connections = 8) : sink_(worker_, base::system_clock(), connections) {}

  HttpSink& sink() { return sink_; }
  Client& to(std::uint16_t port, Upstream upstream = {}, const std::string& scheme = "http") {
    upstream.url = http::parse_url(scheme + "://127.0.0.1:" + std::to_string(port) + "/not/used").value();
    sink_.use({{"/r", std::move(upstream)}});
    return *this;
  }
  // Pushes that many at once and waits for all; what became of each, in the order of their ends.
  std::string push(std::size_t count = 1, const std::string& route = "/r") {
    std::string out;
    std::size_t open = count;
    bool is_within = true;
    for (std::size_t i = 0; i < count; ++i) {
      sink_.push(route, make_request(), [&](const Pushed& pushed) {
        EXPECT_FALSE(is_within) << "called from within push()";
        out += (out.empty() ? "" : ", ") + text_of(pushed);
        if (--open == 0) worker_.stop();
      });
    }
    is_within = false;
    worker_.keep_running();
    worker_.run();
    return out;
  }

 private:
  net::Worker worker_;
  HttpSink sink_;
};

// Gives each request the next of these answers, all on the connections that come.
net::ScriptedServer::Script answers(std::vector<std::string> texts) {
  auto next = std::make_shared<std::atomic<std::size_t>>(0);
  return [texts = std::move(texts), next](Peer& peer, std::size_t) {
    while (receive_request(peer)) {
      const std::size_t at = (*next)++;
      if (!peer.send(texts[std::min(at, texts.size() - 1)])) return;
    }
  };
}

std::string answer(const std::string& status, const std::string& fields = "", const std::string& body = "") {
  return "HTTP/1.1 " + status + " X\r\n" + fields + "Content-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

TEST(HttpSink, BringsTheRequestAndTheStatus) {
  std::string head, body;
  net::ScriptedServer server([&](Peer& peer, std::size_t) {
    const auto request = receive_request(peer);
    head = request->head;
    body = request->body;
    peer.send(answer("204"));
  });
  {
    Client client;
    EXPECT_EQ(client.to(server.port()).push(), "204");
  }
  EXPECT_TRUE(head.starts_with("POST /in?a=b HTTP/1.1\r\n")) << head;
  for (const char* field : {"\r\nContent-Type: application/json\r\n", "\r\nwebhook-id: evt_1\r\n",
                            "\r\nContent-Length: 2\r\n", "\r\nHost: 127.0.0.1:"})
    EXPECT_NE(head.find(field), std::string::npos) << field << " in " << head;
  EXPECT_EQ(body, "{}");
}

TEST(HttpSink, EveryStatusIsAnAnswerAndNoRedirectIsFollowed) {
  net::ScriptedServer server(answers({answer("200", "", "dropped"), answer("302", "Location: /elsewhere\r\n"),
                                      answer("404"), answer("410"), answer("500")}));
  Client client;
  client.to(server.port());
  for (const char* expected : {"200", "302", "404", "410", "500"}) EXPECT_EQ(client.push(), expected);
  EXPECT_EQ(server.connections(), 1U) << "the connection is kept";
}

TEST(HttpSink, ReadsRetryAfterInBothForms) {
  net::ScriptedServer server(answers(
      {answer("503", "Retry-After: 30\r\n"),
       answer("429", "Date: Wed, 30 Sep 2026 08:00:00 GMT\r\nRetry-After: Wed, 30 Sep 2026 08:10:00 GMT\r\n"),
       answer("503", "Retry-After: soon\r\n")}));
  Client client;
  client.to(server.port());
  EXPECT_EQ(client.push(), "503 after 30");
  EXPECT_EQ(client.push(), "429 after 600");
  EXPECT_EQ(client.push(), "503");
}

TEST(HttpSink, NobodyListeningIsUnreachable) {
  std::uint16_t port = 0;
  {
    net::ScriptedServer gone([](Peer&, std::size_t) {});
    port = gone.port();
  }
  Client client;
  EXPECT_EQ(client.to(port).push(), "unreachable");
  EXPECT_EQ(client.push(1, "/unknown"), "unreachable");
}

TEST(HttpSink, NoAnswerInTimeIsATimeout) {
  net::ScriptedServer server([](Peer& peer, std::size_t number) {
    receive_request(peer);
    if (number == 1) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n1");  // and no more
    peer.read_to_end();
  });
  Client client;
  client.to(server.port(), {.url = {}, .total_timeout = 50ms});
  EXPECT_EQ(client.push(), "timeout");
  EXPECT_EQ(client.push(), "timeout");
}

TEST(HttpSink, AnAnswerThatIsNoneIsBroken) {
  net::ScriptedServer server([](Peer& peer, std::size_t number) {
    receive_request(peer);
    if (number == 0) peer.send("HELLO\r\n\r\n");
    if (number == 1) peer.send("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n12");
    if (number == 2) peer.reset();
    if (number == 3)
      peer.send("HTTP/1.1 200 OK\r\nContent-Length: 1048577\r\n\r\n" + std::string(1 << 20, 'x'));
    if (number == 4) peer.send(answer("200", "", std::string(1 << 20, 'x')));
  });
  Client client;
  client.to(server.port());
  for (const char* expected : {"broken", "broken", "broken", "broken", "200"})
    EXPECT_EQ(client.push(), expected);
}

TEST(HttpSink, WithoutAFreeConnectionItIsBusyAndTriesNothing) {
  net::ScriptedServer server([](Peer& peer, std::size_t) {
    receive_request(peer);
    peer.send(answer("200"));
    receive_request(peer);
    peer.read_to_end();
  });
  Client client(1);
  EXPECT_EQ(client.to(server.port()).push(), "200") << "so that there is a connection";
  client.to(server.port(), {.url = {}, .connect_timeout = 30ms, .total_timeout = 500ms});
  EXPECT_EQ(client.push(2), "busy, timeout");
  EXPECT_EQ(server.connections(), 1U);
}

TEST(HttpSink, HttpsGoesToServersThatAreVouchedForAlone) {
  const net::Authority authority("test authority"), stranger("stranger authority");
  const net::Folder folder;
  const auto trust = net::TlsTrust::load(folder.put("ca.pem", authority.pair().certificate)).value();
  const auto other = net::TlsTrust::load(folder.put("other.pem", stranger.pair().certificate)).value();
  net::ScriptedServer server(answers({answer("200")}), authority.issue("localhost"));
  Client client;
  EXPECT_EQ(client.to(server.port(), {.url = {}, .trust = trust}, "https").push(2), "200, 200");
  EXPECT_EQ(client.to(server.port(), {.url = {}, .trust = other}, "https").push(), "unreachable");
  EXPECT_EQ(client.to(server.port(), {}, "https").push(), "unreachable");
}

TEST(HttpSink, WhatIsUnderWayWhenItGoesIsDropped) {
  net::ScriptedServer server([](Peer& peer, std::size_t) { peer.read_to_end(); });
  bool is_called = false;
  {
    Client client;
    client.to(server.port()).sink().push("/r", make_request(), [&](const Pushed&) { is_called = true; });
  }
  EXPECT_FALSE(is_called);
}

}  // namespace
}  // namespace callgate::sink_http
