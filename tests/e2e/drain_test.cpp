// SPDX-License-Identifier: Apache-2.0
// SIGTERM: what has begun is finished, nothing new is taken, exit 0.
#include <gtest/gtest.h>

#include <future>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

// Holds each request until the test lets it go.
class PatientApplication {
 public:
  PatientApplication()
      : server_([this](std::shared_ptr<net::Exchange> exchange) {
          held_ = std::move(exchange);
          arrived_.set_value();
        }) {}
  std::string url() const { return server_.url(); }
  void wait_for_a_request() { arrived_.get_future().wait(); }
  void answer() {
    server_.worker().post([this] { std::exchange(held_, nullptr)->answer({200, {}, "late but whole"}); });
  }

 private:
  std::promise<void> arrived_;
  std::shared_ptr<net::Exchange> held_;
  LocalServer server_;
};

TEST(Drain, ARequestInFlightIsFinished) {
  TestIssuer issuer;
  PatientApplication application;
  Gateway gateway(issuer.url(), {"--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  Wire in_flight(gateway.address());
  in_flight.send(post_text(kPath, bearer(issuer.token()), event_body()));
  application.wait_for_a_request();
  gateway.process().signal(SIGTERM);
  ASSERT_TRUE(gateway.process().wait_for_error_text("draining"));
  application.answer();
  const Answer answer = in_flight.receive();
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.body, "late but whole");
  EXPECT_EQ(answer.headers.find("Connection"), "close");
  EXPECT_EQ(gateway.process().wait(), 0);
}

TEST(Drain, ABodyThatIsStillComingIsAwaited) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string body = event_body();
  Wire slow(gateway.address());
  slow.send(expecting_head(issuer.token(), body));
  ASSERT_EQ(slow.receive().status, 100);
  slow.send(body.substr(0, 10));
  gateway.process().signal(SIGINT);
  ASSERT_TRUE(gateway.process().wait_for_error_text("draining"));
  slow.send(body.substr(10));
  EXPECT_EQ(slow.receive().status, 200);
  EXPECT_EQ(gateway.process().wait(), 0);
}

TEST(Drain, IdleConnectionsDoNotHoldItUp) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  Wire idle(gateway.address());
  idle.send(post_text(kPath, bearer(issuer.token()), event_body()));
  EXPECT_EQ(idle.receive().status, 200);
  gateway.process().signal(SIGTERM);
  EXPECT_TRUE(idle.closes());
  EXPECT_EQ(gateway.process().wait(), 0);
}

TEST(Drain, ASecondSignalEndsAtOnce) {
  TestIssuer issuer;
  PatientApplication application;
  Gateway gateway(issuer.url(), {"--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  Wire in_flight(gateway.address());
  in_flight.send(post_text(kPath, bearer(issuer.token()), event_body()));
  application.wait_for_a_request();
  gateway.process().signal(SIGTERM);
  ASSERT_TRUE(gateway.process().wait_for_error_text("draining"));
  gateway.process().signal(SIGTERM);
  EXPECT_EQ(gateway.process().wait(), 128 + SIGTERM);
}

}  // namespace
}  // namespace callgate::e2e
