// SPDX-License-Identifier: Apache-2.0
// With an application behind: what it receives, and what the sender gets back.
#include <gtest/gtest.h>

#include <deque>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

// Remembers each request and answers it.
class Application {
 public:
  explicit Application(http::Response response)
      : server_([this, response](std::shared_ptr<net::Exchange> exchange) {
          net::Exchange& e = *exchange;
          e.read_body(1 << 20,
                      [this, response, exchange = std::move(exchange)](refusal::Judged<std::string> body) {
                        {
                          const std::lock_guard lock(mutex_);
                          requests_.push_back({exchange->head(), std::move(*body)});
                        }
                        exchange->answer(response);
                      });
        }) {}
  std::string url() const { return server_.url(); }
  std::vector<http::Request> requests() {
    const std::lock_guard lock(mutex_);
    return requests_;
  }

 private:
  std::mutex mutex_;
  std::vector<http::Request> requests_;
  LocalServer server_;
};

TEST(Forward, TheApplicationGetsBytesAndProofAndItsAnswerGoesBack) {
  TestIssuer issuer;
  Application application({202, {{"Content-Type", "text/plain"}, {"X-App", "yes"}}, "taken"});
  Gateway gateway(issuer.url(), {"--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  http::Headers headers = bearer(issuer.token({{"sub", "\"resource\""}}));
  headers.add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  headers.add("Callgate-Subject", "evil");
  headers.add("callgate_provider", "evil");
  const Answer answer =
      post(gateway.address(), "/api/callback/7?callerId=4%3A%2B1206", headers, event_body());
  EXPECT_EQ(answer.status, 202);
  EXPECT_EQ(answer.body, "taken");
  EXPECT_EQ(answer.headers.find("X-App"), "yes");

  const auto requests = application.requests();
  ASSERT_EQ(requests.size(), 1U);
  const http::RequestHead& head = requests[0].head;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/api/callback/7?callerId=4%3A%2B1206");
  EXPECT_EQ(requests[0].body, event_body());
  EXPECT_EQ(head.headers.find_single("Content-Type"), "application/json");
  EXPECT_EQ(head.headers.find_single("traceparent"),
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  EXPECT_EQ(head.headers.find_single("Callgate-Provider"), "acs");
  EXPECT_EQ(head.headers.find_single("Callgate-Issuer"), issuer.url());
  EXPECT_EQ(head.headers.find_single("Callgate-Audience"), kAudience);
  EXPECT_EQ(head.headers.find_single("Callgate-Subject"), "resource");
  EXPECT_EQ(head.headers.find_single("Callgate-Key-Id"), issuer.key().kid());
  EXPECT_EQ(head.headers.find_single("Callgate-Request-Id"), answer.headers.find_single("X-Request-Id"));
  EXPECT_EQ(head.headers.count("Callgate-Received-At"), 1U);
  EXPECT_EQ(head.headers.count("Authorization"), 0U);
  EXPECT_EQ(head.headers.count("callgate_provider"), 0U);
}

TEST(Forward, NothingUnprovenReachesTheApplication) {
  TestIssuer issuer;
  Application application({200, {}, ""});
  Gateway gateway(issuer.url(), {"--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(post(gateway.address(), kPath, {}, event_body()).status, 401);
  EXPECT_EQ(gateway.callback(issuer.token({{"aud", "\"other\""}}), event_body()).status, 401);
  EXPECT_EQ(gateway.callback(issuer.token(), "{}").status, 400);
  EXPECT_EQ(post(gateway.address(), "/health", bearer(issuer.token()), event_body()).status, 404);
  EXPECT_TRUE(application.requests().empty());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  EXPECT_EQ(application.requests().size(), 1U);
}

TEST(Forward, AnApplicationThatIsNotThereIs502) {
  TestIssuer issuer;
  std::string gone;
  {
    Application application({200, {}, ""});
    gone = application.url();
  }
  Gateway gateway(issuer.url(), {"--upstream", gone});
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer answer = gateway.callback(issuer.token(), event_body());
  EXPECT_EQ(answer.status, 502);
  EXPECT_EQ(answer.reason(), "upstream_unreachable");
}

}  // namespace
}  // namespace callgate::e2e
