// SPDX-License-Identifier: Apache-2.0
// Connections that come through a proxy which names its client (PROXY protocol).
#include <gtest/gtest.h>
#include <callgate/net/server.hpp>

#include "certificates.hpp"
#include "peer.hpp"
#include "running_server.hpp"
#include "tls_peer.hpp"

namespace callgate::net {
namespace {

using namespace std::string_literals;
using std::chrono::milliseconds;

const std::string kText = "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n";
const std::string kBinary =
    "\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0F\xC0\x00\x02\x01\xC6\x33\x64\x02\x11\x22\x33\x44\x04\x00\x00"s;
const std::string kLocal = "\r\n\r\n\0\r\nQUIT\n\x20\x00\0\0"s;
const std::string kGet = "GET /peer HTTP/1.1\r\nHost: a\r\n\r\n";

ServerOptions behind_proxy(std::string_view trusted = "127.0.0.0/8") {
  ServerOptions options;
  options.proxy_protocol = true;
  options.trusted_proxies.push_back(http::Network::parse(trusted).value());
  return options;
}

std::string next_body(Peer& peer) {
  const auto answer = peer.answer();
  return answer ? answer->body : "none";
}

TEST(Proxy, NamesThePeer) {
  RunningServer server(behind_proxy());
  const std::pair<std::string, std::string> cases[] = {
      {kText, "192.0.2.1"},
      {kBinary, "192.0.2.1"},
      {kLocal, "127.0.0.1"},
      {"PROXY UNKNOWN\r\n", "127.0.0.1"},
      {"PROXY TCP6 2001:db8::7 ::1 1 2\r\n", "2001:db8::7"},
  };
  for (const auto& [header, name] : cases) {
    Peer peer(server.port());
    peer.send(header + kGet + kGet);
    EXPECT_EQ(next_body(peer), name);
    EXPECT_EQ(next_body(peer), name);
    Peer slow(server.port());
    for (const char byte : header + kGet) slow.send(std::string_view(&byte, 1));
    EXPECT_EQ(next_body(slow), name);
  }
}

// What is said in a header once is not said by a second one: that would be a request, and none of HTTP.
TEST(Proxy, TakesOneHeaderAlone) {
  RunningServer server(behind_proxy());
  Peer peer(server.port());
  peer.send(kText + "PROXY TCP4 203.0.113.9 198.51.100.2 56324 443\r\n" + kGet);
  EXPECT_EQ(peer.answer()->status, 400);
  EXPECT_TRUE(peer.at_end());
}

TEST(Proxy, ClosesWithoutAHeader) {
  RunningServer server(behind_proxy());
  for (const auto& bytes :
       {kGet, "PROXY TCP4 192.0.2.1\r\n" + kGet, "\r\n\r\n\0\r\nQUIT\n\x31"s, "\x16\x03\x01"s}) {
    Peer peer(server.port());
    peer.send(bytes);
    EXPECT_EQ(peer.read_to_end(), "");
  }
}

TEST(Proxy, ClosesOnStrangers) {
  RunningServer server(behind_proxy("192.0.2.0/24"));
  Peer peer(server.port());
  peer.send(kText + kGet);
  EXPECT_EQ(peer.read_to_end(), "");
}

TEST(Proxy, IsNotReadUnlessAskedFor) {
  RunningServer server;
  Peer peer(server.port());
  peer.send(kText + kGet);
  EXPECT_EQ(peer.answer()->status, 400);
}

TEST(Proxy, TimesOutASlowHeader) {
  auto options = behind_proxy();
  options.limits.handshake_timeout = milliseconds(50);
  RunningServer server(options);
  Peer silent(server.port());
  EXPECT_TRUE(silent.at_end());
  Peer slow(server.port());
  slow.send(kText.substr(0, 20));
  EXPECT_TRUE(slow.at_end());
}

TEST(Proxy, IsCountedByTheSourceItNames) {
  auto options = behind_proxy();
  options.limits.connections_per_source_max = 1;
  RunningServer server(options);
  const auto from = [&](Peer& peer, const std::string& source) {
    peer.send("PROXY TCP4 " + source + " 198.51.100.2 1 2\r\n" + kGet);
    const auto answer = peer.answer();
    return answer ? answer->status : 0;
  };
  Peer one(server.port()), again(server.port()), other(server.port());
  EXPECT_EQ(from(one, "192.0.2.1"), 200);
  EXPECT_EQ(from(again, "192.0.2.1"), 503);
  EXPECT_EQ(from(other, "192.0.2.2"), 200);
  // The proxy itself (its health checks) is not counted.
  Peer check(server.port()), other_check(server.port());
  for (Peer* peer : {&check, &other_check}) {
    peer->send(kLocal + kGet);
    EXPECT_EQ(next_body(*peer), "127.0.0.1");
  }
}

TEST(Proxy, StandsBeforeTls) {
  const Authority authority("test authority");
  const Folder folder;
  const Pair pair = authority.issue("localhost");
  auto options = behind_proxy();
  options.tls =
      TlsContext::load({folder.put("cert.pem", pair.certificate), folder.put("key.pem", pair.key)}).value();
  RunningServer server(options);
  for (const auto& header : {kText, kBinary}) {
    TlsPeer peer(server.port(), {}, header);
    ASSERT_TRUE(peer.up()) << peer.fault();
    peer.send(kGet);
    EXPECT_EQ(next_body(peer), "192.0.2.1");
    // Header and client hello in one segment.
    TlsPeer joined(server.port(), {.joined = true}, header);
    ASSERT_TRUE(joined.up()) << joined.fault();
    joined.send(kGet);
    EXPECT_EQ(next_body(joined), "192.0.2.1");
  }
  TlsPeer without(server.port());
  EXPECT_EQ(without.fault(), "closed");
  // Inside of TLS it is no header but a request, and a bad one.
  TlsPeer inside(server.port(), {}, kText);
  inside.send(kText + kGet);
  EXPECT_EQ(inside.answer()->status, 400);
}

}  // namespace
}  // namespace callgate::net
