// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/net/client.hpp>
#include <callgate/net/server.hpp>

#include "certificates.hpp"
#include "peer.hpp"
#include "running_server.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;
using Result = tl::expected<http::Response, ClientError>;

Result send_and_wait(const std::string& where, std::string body, std::shared_ptr<const TlsTrust> trust,
                     const ClientLimits& limits = {}) {
  Worker worker;
  std::optional<Result> result;
  http::Request request{.head = {.method = "POST", .target = "/echo", .version_minor = 1, .headers = {}},
                        .body = std::move(body)};
  send(worker, http::parse_url(where).value(), std::move(request), limits, std::move(trust),
       [&](Result its_result) { result = std::move(its_result); });
  worker.run();
  return result.value();
}

class TlsClient : public testing::Test {
 protected:
  ServerOptions options(const Pair& pair) const {
    ServerOptions made;
    made.tls = TlsContext::load({folder_.put("cert.pem", pair.certificate), folder_.put("key.pem", pair.key)})
                   .value();
    return made;
  }
  std::shared_ptr<const TlsTrust> trust(const Authority& authority) const {
    return TlsTrust::load(folder_.put("ca.pem", authority.pair().certificate)).value();
  }
  static std::string at(const RunningServer& server, const std::string& host = "127.0.0.1") {
    return "https://" + host + ":" + std::to_string(server.port());
  }
  static std::string fault_of(const std::string& where, std::shared_ptr<const TlsTrust> trust) {
    const auto result = send_and_wait(where, "", std::move(trust));
    if (result) return "none";
    EXPECT_EQ(result.error().kind, ClientError::Kind::unreachable);
    return result.error().message.substr(where.size());
  }

  const Authority authority_{"test authority"};
  const Folder folder_;
};

TEST_F(TlsClient, SendsAndReceives) {
  RunningServer server(options(authority_.issue("localhost")));
  for (const auto& host : {"127.0.0.1", "localhost"}) {
    for (const auto& body : {std::string("hello"), std::string(1 << 20, 'x')}) {
      const auto answer = send_and_wait(at(server, host), body, trust(authority_));
      ASSERT_TRUE(answer) << answer.error().message;
      EXPECT_EQ(answer->status, 200);
      EXPECT_EQ(answer->body, body);
    }
  }
}

TEST_F(TlsClient, RefusesCertificatesThatDoNotHold) {
  const Authority stranger("stranger authority");
  RunningServer good(options(authority_.issue("localhost")));
  EXPECT_EQ(fault_of(at(good), trust(stranger)), ": no TLS: unable to get local issuer certificate");
  EXPECT_EQ(fault_of(at(good), TlsTrust::load().value()), ": no TLS: unable to get local issuer certificate");
  EXPECT_EQ(fault_of(at(good), nullptr), ": https needs to know whose certificates to trust");
  RunningServer expired(options(authority_.issue("localhost", {-30, -2})));
  EXPECT_EQ(fault_of(at(expired), trust(authority_)), ": no TLS: certificate has expired");
  // The right authority, but for another host.
  RunningServer other(options(authority_.issue("other", {}, "DNS:other.example")));
  EXPECT_EQ(fault_of(at(other), trust(authority_)), ": no TLS: IP address mismatch");
  EXPECT_EQ(fault_of(at(other, "localhost"), trust(authority_)), ": no TLS: hostname mismatch");
}

TEST_F(TlsClient, FailsOnAServerWithoutTls) {
  RunningServer plain;
  EXPECT_EQ(fault_of(at(plain), trust(authority_)), ": no TLS: wrong version number");
}

TEST_F(TlsClient, TimesOutAHandshake) {
  auto listener = Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value();  // nobody accepts
  const auto result = send_and_wait("https://" + listener.where().text(), "", trust(authority_),
                                    {.connect_timeout = milliseconds(50)});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().kind, ClientError::Kind::timeout);
}

TEST_F(TlsClient, NamesAFileItCannotTrust) {
  const auto missing = TlsTrust::load(folder_.path("missing.pem"));
  ASSERT_FALSE(missing);
  EXPECT_PRED_FORMAT2(testing::IsSubstring, "missing.pem", missing.error().message);
}

}  // namespace
}  // namespace callgate::net
