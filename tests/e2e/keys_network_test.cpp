// SPDX-License-Identifier: Apache-2.0
// The way to the key endpoint: proxies, IPv6, names on certificates, private addresses.
#include <gtest/gtest.h>

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "relay.hpp"
#include "rig.hpp"

namespace callgate::e2e {
namespace {

std::vector<std::string> https_flags(const std::string& issuer, const std::string& ca) {
  return {"serve",     "--listen", "127.0.0.1:0", "--admin", "127.0.0.1:0", "--issuer", issuer,
          "--keys-ca", ca,         "--audience",  kAudience};
}

std::shared_ptr<const net::TlsContext> tls_of(const Folder& folder) {
  folder.make_certificate("issuer");
  return *net::TlsContext::load({folder.path("issuer.pem"), folder.path("issuer.key")});
}

std::string shown_keys(const Gateway& gateway) {
  return request(gateway.admin(), "GET /api/v1/keys HTTP/1.1\r\nHost: localhost\r\n\r\n").body;
}

bool has_ipv6_loopback() {
  const int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  const bool bound = bind(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return bound;
}

TEST(KeysNetwork, AnIssuerOverIpv6) {
  if (!has_ipv6_loopback()) GTEST_SKIP() << "no IPv6 on this machine";
  TestIssuer issuer(nullptr, "::1");
  ASSERT_TRUE(issuer.url().starts_with("http://[::1]:")) << issuer.url();
  const Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  issuer.rotate();
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

TEST(KeysNetwork, PlainHttpGoesThroughTheProxy) {
  TestIssuer issuer;
  const Relay proxy(issuer.address());
  for (const char* name : {"http_proxy", "HTTP_PROXY", "all_proxy"}) {
    const std::size_t before = proxy.asked().size();
    const Variable variable(name, proxy.url()), none("no_proxy", "none.test");
    const Gateway gateway(issuer.url());
    ASSERT_TRUE(gateway.becomes_ready()) << name;
    EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
    ASSERT_GT(proxy.asked().size(), before) << name;
    EXPECT_TRUE(proxy.asked().back().starts_with("GET " + issuer.url() + "/")) << proxy.asked().back();
  }
}

TEST(KeysNetwork, WhatNoProxyNamesDoesNot) {
  TestIssuer issuer;
  const Variable proxy("http_proxy", "http://127.0.0.1:1"), none("no_proxy", "issuer.test, 127.0.0.0/8");
  const Gateway gateway(issuer.url());
  EXPECT_TRUE(gateway.becomes_ready());
}

// The proxy only brings bytes: the certificate is the issuer's, and so are the fields of the answer.
TEST(KeysNetwork, HttpsGoesThroughTheProxyWithTheIssuersOwnCertificate) {
  const Folder folder;
  TestIssuer issuer(tls_of(folder));
  const Relay proxy(
      issuer.address(),
      "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: max-age=300\r\nETag: \"proxy\"\r\n");
  const Variable variable("https_proxy", proxy.url()), none("no_proxy", "none.test");
  Gateway gateway = Gateway::with(https_flags(issuer.url(), folder.path("issuer.pem")));
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  const std::string name = issuer.url().substr(std::string("https://").size());
  ASSERT_FALSE(proxy.asked().empty());
  EXPECT_EQ(proxy.asked().front(), "CONNECT " + name + " HTTP/1.1");
  EXPECT_EQ(gateway.process().errors().find("clock: "), std::string::npos) << gateway.process().errors();

  folder.make_certificate("stranger");
  Gateway doubtful = Gateway::with(https_flags(issuer.url(), folder.path("stranger.pem")));
  ASSERT_TRUE(doubtful.process().wait_for_error_text("keys: "));
  EXPECT_NE(shown_keys(doubtful).find("\"cause\":\"tls\""), std::string::npos) << shown_keys(doubtful);
}

TEST(KeysNetwork, ACertificateForAnotherNameIsNotBelieved) {
  const Folder folder;
  TestIssuer issuer(tls_of(folder));
  Gateway gateway = Gateway::with(https_flags("https://" + issuer.address(), folder.path("issuer.pem")));
  ASSERT_TRUE(gateway.process().wait_for_error_text("keys: "));
  EXPECT_NE(shown_keys(gateway).find("\"cause\":\"tls\""), std::string::npos) << shown_keys(gateway);
}

// The document may send us to another server, but not into our own networks, unless that is configured.
TEST(KeysNetwork, ADocumentCannotSendUsToThisMachine) {
  const Folder folder;
  const auto tls = tls_of(folder);
  TestIssuer issuer(tls), elsewhere(tls);
  issuer.answer_instead([&](std::string_view path) -> std::optional<http::Response> {
    if (path == "/calling/keys") return std::nullopt;
    return http::Response{
        200,
        {},
        R"({"issuer":")" + issuer.url() + R"(","jwks_uri":")" + elsewhere.url() + R"(/calling/keys"})"};
  });
  const std::string ca = folder.path("issuer.pem");
  Gateway gateway = Gateway::with(https_flags(issuer.url(), ca));
  ASSERT_TRUE(gateway.process().wait_for_error_text("keys: "));
  EXPECT_NE(shown_keys(gateway).find("\"cause\":\"private_address\""), std::string::npos)
      << shown_keys(gateway);
  EXPECT_EQ(elsewhere.fetches(), 0);

  const std::string file = folder.write(
      "callgate.toml",
      "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[[provider]]\nname = \"acs\"\n"
      "private_addresses = true\nissuer = \"" +
          issuer.url() + "\"\nca = \"" + ca + "\"\naudiences = [\"" + kAudience +
          "\"]\n[[route]]\npath = \"" + kPath + "\"\nproviders = [\"acs\"]\n");
  const Gateway permitted = Gateway::with({"serve", "--config", file});
  ASSERT_TRUE(permitted.becomes_ready());
  EXPECT_EQ(elsewhere.fetches(), 1);
}

TEST(KeysNetwork, ADocumentThatNamesAnotherKeyAddressIsTold) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  issuer.answer_instead([&](std::string_view path) -> std::optional<http::Response> {
    if (path == "/moved") return http::Response{200, {}, issuer.key_set()};
    if (path == "/calling/keys") return http::Response{404, {}, {}};
    return http::Response{
        200, {}, R"({"issuer":")" + issuer.url() + R"(","jwks_uri":")" + issuer.url() + R"(/moved"})"};
  });
  EXPECT_EQ(request(gateway.admin(),
                    "POST /api/v1/keys/refresh HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n")
                .status,
            202);
  EXPECT_TRUE(gateway.process().wait_for_error_text("names another place now, " + issuer.url() + "/moved"));
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

}  // namespace
}  // namespace callgate::e2e
