// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <callgate/net/server.hpp>
#include <optional>

#include "certificates.hpp"
#include "peer.hpp"
#include "running_server.hpp"
#include "tls_peer.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFar{60'000};
const std::string kGet = "GET /x HTTP/1.1\r\nHost: a\r\n\r\n";

std::string next(Peer& peer) {
  const auto answer = peer.answer();
  return answer ? std::to_string(answer->status) + " " + answer->body : "none";
}

std::string post(const std::string& target, const std::string& body) {
  return "POST " + target + " HTTP/1.1\r\nHost: a\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\n\r\n" + body;
}

// Says hello, and waits for the server's.
class Newcomer : public Peer {
 public:
  Newcomer(std::uint16_t port, std::string_view hello) : Peer(port) { send(hello); }
  bool was_answered() {
    char byte = 0;
    return recv(descriptor(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 1;
  }
};

std::string client_hello() {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  SSL_CTX_free);
  const std::unique_ptr<SSL, decltype(&SSL_free)> ssl(SSL_new(context.get()), SSL_free);
  SSL_set_bio(ssl.get(), BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(ssl.get());
  SSL_do_handshake(ssl.get());
  std::string bytes(4096, '\0');
  const int size = BIO_read(SSL_get_wbio(ssl.get()), bytes.data(), static_cast<int>(bytes.size()));
  bytes.resize(size > 0 ? static_cast<std::size_t>(size) : 0);
  return bytes;
}

class TlsTest : public testing::Test {
 protected:
  std::shared_ptr<const TlsContext> load(const Pair& pair, const std::string& client_ca = "") const {
    TlsFiles files{.certificate = folder_.put("cert.pem", pair.certificate),
                   .key = folder_.put("key.pem", pair.key)};
    if (!client_ca.empty()) files.client_ca = folder_.put("ca.pem", client_ca);
    return TlsContext::load(files).value();
  }
  ServerOptions options(const std::string& client_ca = "") const {
    ServerOptions made;
    made.tls = load(authority_.issue("localhost"), client_ca);
    return made;
  }

  const Authority authority_{"test authority"};
  const Folder folder_;
};

TEST_F(TlsTest, SpeaksOneTwoAndOneThree) {
  RunningServer server(options());
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeer peer(server.port(), {.version_min = version, .version_max = version});
    ASSERT_TRUE(peer.up()) << peer.fault();
    EXPECT_EQ(SSL_version(peer.ssl()), version);
    EXPECT_EQ(SSL_get_current_compression(peer.ssl()), nullptr);
    peer.send(kGet);
    EXPECT_EQ(next(peer), "200 GET /x");
  }
}

TEST_F(TlsTest, RefusesOlderVersions) {
  RunningServer server(options());
  for (const int version : {TLS1_VERSION, TLS1_1_VERSION}) {
    const TlsPeer peer(server.port(), {.version_min = version, .version_max = version});
    EXPECT_EQ(peer.fault(), "tlsv1 alert protocol version");
  }
}

TEST_F(TlsTest, RefusesWeakCiphersOfOneTwo) {
  RunningServer server(options());
  for (const char* ciphers :
       {"ECDHE-ECDSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA384", "ECDHE-ECDSA-AES128-CCM"}) {
    const TlsPeer peer(server.port(), {.version_max = TLS1_2_VERSION, .ciphers = ciphers});
    EXPECT_EQ(peer.fault(), "sslv3 alert handshake failure") << ciphers;
  }
  const TlsPeer good(server.port(),
                     {.version_max = TLS1_2_VERSION, .ciphers = "ECDHE-ECDSA-AES128-GCM-SHA256"});
  EXPECT_TRUE(good.up()) << good.fault();
}

TEST_F(TlsTest, ChoosesTheProtocol) {
  RunningServer server(options());
  const struct {
    std::vector<std::string> offered;
    std::string chosen, fault;
  } cases[] = {
      {{}, "", ""},
      {{"http/1.1"}, "http/1.1", ""},
      {{"h2", "http/1.1"}, "http/1.1", ""},
      {{"h2"}, "", "tlsv1 alert no application protocol"},
      {{"http/1.1x", "ttp/1.1"}, "", "tlsv1 alert no application protocol"},
  };
  for (const auto& [offered, chosen, fault] : cases) {
    const TlsPeer peer(server.port(), {.protocols = offered});
    EXPECT_EQ(peer.fault(), fault);
    EXPECT_EQ(peer.protocol(), chosen);
  }
}

TEST_F(TlsTest, KeepsPipelinesAndLargeBodiesInOrder) {
  RunningServer server(options());
  TlsPeer peer(server.port());
  const std::string large(3 * 1024 * 1024 / 4, 'x');
  peer.send(kGet + post("/echo", large) + post("/echo", "small") + kGet);
  EXPECT_EQ(next(peer), "200 GET /x");
  EXPECT_EQ(next(peer), "200 " + large);
  EXPECT_EQ(next(peer), "200 small");
  EXPECT_EQ(next(peer), "200 GET /x");
  for (const char byte : post("/echo", "bytewise")) peer.send(std::string_view(&byte, 1));
  EXPECT_EQ(next(peer), "200 bytewise");
  peer.send("GET /y HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(next(peer), "200 GET /y");
  EXPECT_TRUE(peer.at_clean_end());
}

TEST_F(TlsTest, AnswersFaultsAndEarly) {
  RunningServer server(options());
  TlsPeer bad(server.port());
  bad.send("GET / HTTP/1.1\r\n\r\n");
  EXPECT_EQ(next(bad), "400 http_malformed");
  EXPECT_TRUE(bad.at_clean_end());
  TlsPeer early(server.port());
  early.send(post("/early", std::string(2 << 20, 'x')));
  EXPECT_EQ(next(early), "403 early");
  EXPECT_TRUE(early.at_clean_end());
  TlsPeer expecting(server.port());
  expecting.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_EQ(expecting.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  expecting.send("ok");
  EXPECT_EQ(next(expecting), "200 ok");
}

TEST_F(TlsTest, AnswersAPeerThatHasSaidItsEnd) {
  RunningServer server(options());
  TlsPeer peer(server.port());
  peer.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_held(1);
  SSL_shutdown(peer.ssl());  // close_notify; TCP stays
  server.release({.status = 200, .headers = {}, .body = "late"});
  EXPECT_EQ(next(peer), "200 late");
  EXPECT_TRUE(peer.at_end());
  TlsPeer rude(server.port());
  rude.send("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\npart");
  rude.shut_sending();  // no close_notify
  EXPECT_EQ(next(rude), "400 http_malformed");
}

TEST_F(TlsTest, SurvivesResets) {
  RunningServer server(options());
  for (int i = 0; i < 20; ++i) {
    TlsPeer peer(server.port());
    peer.send(i % 2 == 0 ? "GET /hold HTTP/1.1\r\nHost: a\r\n\r\n" : "POST /echo HTTP/1.1\r\nHost: a\r\n");
    if (i % 2 == 0) server.wait_for_held(1);
    peer.reset();
    if (i % 2 == 0) server.release({.status = 200, .headers = {}, .body = std::string(1 << 20, 'x')});
  }
  TlsPeer peer(server.port());
  peer.send(kGet);
  EXPECT_EQ(next(peer), "200 GET /x");
}

TEST_F(TlsTest, ClosesOnWhatIsNotTls) {
  RunningServer server(options());
  for (const std::string& bytes :
       {kGet, std::string("\x16\x03\x01\x00\x05hello", 10), std::string(100, '\0')}) {
    Peer peer(server.port());
    peer.send(bytes);
    EXPECT_EQ(peer.read_to_end().find("HTTP/"), std::string::npos);
  }
}

TEST_F(TlsTest, TimesOutAHandshake) {
  auto made = options();
  made.limits.handshake_timeout = milliseconds(50);
  RunningServer server(made);
  Peer silent(server.port());
  EXPECT_TRUE(silent.at_end());
  Peer half(server.port());
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  EXPECT_TRUE(half.at_end());
}

TEST_F(TlsTest, ClosesAnIdleConnectionCleanly) {
  auto made = options();
  made.limits.idle_timeout = milliseconds(50);
  RunningServer server(made);
  TlsPeer peer(server.port());
  EXPECT_TRUE(peer.at_clean_end());
}

TEST_F(TlsTest, ClosesOnAPeerThatDoesNotReadItsAnswer) {
  auto made = options();
  made.limits.write_timeout = milliseconds(50);
  made.connections = make_connection_count();
  RunningServer server(made);
  TlsPeer peer(server.port());
  peer.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n");
  server.wait_for_held(1);
  server.release({.status = 200, .headers = {}, .body = std::string(64 << 20, 'x')});
  while (open_connections(*made.connections) > 0) server.on_loop([](Server&) {});
  // An answer that was cut must not look complete.
  EXPECT_NE(peer.ending(), "end");
}

TEST_F(TlsTest, AsksForClientCertificates) {
  const Authority clients("client authority"), strangers("stranger authority");
  RunningServer server(options(clients.pair().certificate));
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    const auto with = [&](const Pair& pair) {
      return TlsPeerOptions{.version_min = version, .version_max = version, .certificate = pair};
    };
    TlsPeer good(server.port(), with(clients.issue("client")));
    ASSERT_TRUE(good.up()) << good.fault();
    good.send(kGet);
    EXPECT_EQ(next(good), "200 GET /x");
    const auto* names = SSL_get0_peer_CA_list(good.ssl());
    EXPECT_EQ(sk_X509_NAME_num(names), 1);
    const auto refusal = [&](const Pair& pair) {
      TlsPeer peer(server.port(), with(pair));
      if (!peer.up()) return peer.fault();
      peer.send(kGet);
      return peer.ending();
    };
    EXPECT_EQ(refusal({}), version == TLS1_2_VERSION ? "sslv3 alert handshake failure"
                                                     : "tlsv13 alert certificate required");
    EXPECT_EQ(refusal(strangers.issue("client")), "tlsv1 alert unknown ca");
    EXPECT_EQ(refusal(clients.issue("client", {-30, -1})), "sslv3 alert certificate expired");
  }
}

TEST_F(TlsTest, ResumesSessionsAlsoWithClientCertificates) {
  const Authority clients("client authority");
  const Pair client = clients.issue("client");
  const auto made = options(clients.pair().certificate);
  RunningServer server(made);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeerOptions how{.version_min = version, .version_max = version, .certificate = client};
    TlsPeer first(server.port(), how);
    first.send(kGet);
    EXPECT_EQ(next(first), "200 GET /x");
    EXPECT_FALSE(first.resumed());
    how.session = first.session();
    ASSERT_NE(how.session, nullptr);
    TlsPeer second(server.port(), how);
    ASSERT_TRUE(second.up()) << second.fault();
    EXPECT_TRUE(second.resumed());
    second.send(kGet);
    EXPECT_EQ(next(second), "200 GET /x");
  }
}

// A ticket from before must not carry a client past a new client_ca.
TEST_F(TlsTest, TakesNoTicketsOfAnotherContext) {
  const Authority clients("client authority"), others("other authority");
  const Pair client = clients.issue("client");
  auto made = options(clients.pair().certificate);
  RunningServer server(made);
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsPeerOptions how{.version_min = version, .version_max = version, .certificate = client};
    made.tls = load(authority_.issue("localhost"), clients.pair().certificate);
    server.on_loop([&](Server& s) { s.use(made); });
    TlsPeer first(server.port(), how);
    first.send(kGet);
    EXPECT_EQ(next(first), "200 GET /x");
    how.session = first.session();
    made.tls = load(authority_.issue("localhost"), others.pair().certificate);
    server.on_loop([&](Server& s) { s.use(made); });
    TlsPeer second(server.port(), how);
    second.send(kGet);
    EXPECT_EQ(next(second), "none");
    EXPECT_FALSE(second.resumed());
  }
}

TEST_F(TlsTest, TakesANewCertificateWhileItRuns) {
  auto made = options();
  RunningServer server(made);
  TlsPeer before(server.port());
  const std::string old = made.tls->fingerprint();
  EXPECT_EQ(before.server_fingerprint(), old);
  made.tls = load(authority_.issue("localhost"));
  server.on_loop([&](Server& s) { s.use(made); });
  EXPECT_NE(made.tls->fingerprint(), old);
  TlsPeer after(server.port());
  EXPECT_EQ(after.server_fingerprint(), made.tls->fingerprint());
  made.tls.reset();
  for (TlsPeer* peer : {&before, &after}) {
    peer->send(kGet);
    EXPECT_EQ(next(*peer), "200 GET /x");
  }
  // Plain from now on; those that are open go on.
  server.on_loop([&](Server& s) { s.use(made); });
  Peer plain(server.port());
  plain.send(kGet);
  EXPECT_EQ(next(plain), "200 GET /x");
  before.send(kGet);
  EXPECT_EQ(next(before), "200 GET /x");
}

TEST_F(TlsTest, ARequestWaitsForOneHandshakeAndNotForAll) {
  constexpr std::size_t kNewcomers = 16;  // accepted in one go
  RunningServer server(options());
  TlsPeer kept(server.port());
  kept.send(kGet);
  ASSERT_EQ(next(kept), "200 GET /x");
  const std::string hello = client_hello();
  std::vector<std::unique_ptr<Newcomer>> newcomers;
  std::optional<long> answered;  // when the request came to its turn
  server.on_loop([&](Server&) {
    server.on_request([&] {
      answered =
          std::count_if(newcomers.begin(), newcomers.end(), [](auto& one) { return one->was_answered(); });
    });
    for (std::size_t i = 0; i < kNewcomers; ++i)
      newcomers.push_back(std::make_unique<Newcomer>(server.port(), hello));
    kept.send(kGet);
  });
  EXPECT_EQ(next(kept), "200 GET /x");
  server.on_loop([&](Server&) {
    ASSERT_TRUE(answered);
    EXPECT_LE(*answered, 2);
    server.on_request(nullptr);
  });
  for (const auto& one : newcomers) EXPECT_EQ(one->read_bytes(1).size(), 1U);
}

TEST_F(TlsTest, DoesNotRenegotiate) {
  RunningServer server(options());
  TlsPeer peer(server.port(), {.version_max = TLS1_2_VERSION});
  EXPECT_NE(SSL_renegotiate(peer.ssl()) == 1 && SSL_do_handshake(peer.ssl()) == 1, true);
}

TEST_F(TlsTest, FollowsKeyUpdatesButNotForEver) {
  RunningServer server(options());
  TlsPeer peer(server.port());
  for (int i = 0; i < 20; ++i) {
    ASSERT_EQ(SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_REQUESTED), 1);
    peer.send(kGet);
    EXPECT_EQ(next(peer), "200 GET /x");
  }
  for (int i = 0; i < 100; ++i) {
    SSL_key_update(peer.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    if (SSL_do_handshake(peer.ssl()) != 1) break;
  }
  EXPECT_TRUE(peer.at_end());
}

TEST_F(TlsTest, DrainsIdleConnections) {
  RunningServer server(options());
  TlsPeer fresh(server.port());
  TlsPeer used(server.port());
  used.send(kGet);
  EXPECT_EQ(next(used), "200 GET /x");
  TlsPeer updated(server.port());
  updated.send(kGet);
  EXPECT_EQ(next(updated), "200 GET /x");
  std::future<void> drained;
  server.on_loop([&](Server& s) {
    // Bytes, but none of a request.
    SSL_key_update(updated.ssl(), SSL_KEY_UPDATE_NOT_REQUESTED);
    SSL_do_handshake(updated.ssl());
    drained = server.begin_drain(s, kFar);
  });
  EXPECT_TRUE(fresh.at_clean_end());
  EXPECT_TRUE(used.at_clean_end());
  EXPECT_TRUE(updated.at_clean_end());
  used.reset();
  updated.reset();
  drained.wait();
}

TEST_F(TlsTest, DrainsAfterWhatHasArrived) {
  RunningServer server(options());
  TlsPeer idle(server.port());
  idle.send(kGet);
  EXPECT_EQ(next(idle), "200 GET /x");
  TlsPeer held(server.port());
  held.send("GET /hold HTTP/1.1\r\nHost: a\r\n\r\n" + kGet);
  server.wait_for_held(1);
  TlsPeer half(server.port());
  half.send(kGet);
  EXPECT_EQ(next(half), "200 GET /x");
  std::future<void> drained;
  server.on_loop([&](Server& s) {
    idle.send(kGet);
    half.send(kGet.substr(0, 9));
    drained = server.begin_drain(s, kFar);
  });
  const auto expect_last = [](TlsPeer& peer) {
    const auto answer = peer.answer();
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->header("Connection"), "close");
    EXPECT_TRUE(peer.at_clean_end());
    peer.reset();
  };
  expect_last(idle);
  half.send(kGet.substr(9));
  expect_last(half);
  server.release({.status = 200, .headers = {}, .body = "held"});
  expect_last(held);
  drained.wait();
}

TEST_F(TlsTest, DrainCutsAHandshake) {
  RunningServer server(options());
  Peer silent(server.port());
  Peer half(server.port());
  half.send(std::string("\x16\x03\x01\x02\x00\x01", 6));
  TlsPeer later(server.port());  // so that the others have been accepted
  later.send(kGet);
  EXPECT_EQ(next(later), "200 GET /x");
  server.drain(kFar).wait();
  EXPECT_TRUE(silent.at_end());
  EXPECT_TRUE(half.at_end());
}

}  // namespace
}  // namespace callgate::net
