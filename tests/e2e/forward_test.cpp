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
  explicit Application(const http::Response& response, std::shared_ptr<const net::TlsContext> tls = nullptr)
      : server_(
            [this, response](std::shared_ptr<net::Exchange> exchange) {
              net::Exchange& e = *exchange;
              e.read_body(1 << 20, [this, response,
                                    exchange = std::move(exchange)](refusal::Judged<std::string> body) {
                {
                  const std::lock_guard lock(mutex_);
                  requests_.push_back({exchange->head(), std::move(*body)});
                }
                exchange->answer(response);
              });
            },
            std::move(tls)) {}
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

TEST(Forward, AnHttpsApplicationMustBeWhoItSaysItIs) {
  TestIssuer issuer;
  const Folder folder;
  folder.make_certificate("app");
  folder.make_certificate("other");
  Application application({200, {}, "over TLS"},
                          net::TlsContext::load({folder.path("app.pem"), folder.path("app.key")}).value());
  for (const bool trusted : {true, false}) {
    Gateway gateway(issuer.url(), {"--upstream", application.url(), "--upstream-ca",
                                   folder.path(trusted ? "app.pem" : "other.pem")});
    ASSERT_TRUE(gateway.becomes_ready());
    for (int i = 0; i < 3; ++i) {
      const Answer answer = gateway.callback(issuer.token(), event_body());
      EXPECT_EQ(answer.status, trusted ? 200 : 502);
      EXPECT_EQ(trusted ? answer.body : answer.reason(), trusted ? "over TLS" : "upstream_unreachable");
    }
  }
  EXPECT_EQ(application.requests().size(), 3U);
  Process gateway(CALLGATE_PROGRAM, gateway_flags(issuer.url(), {"--upstream", application.url(),
                                                                 "--upstream-ca", folder.path("app.key")}));
  EXPECT_EQ(gateway.wait(), 2) << "no certificate in it";
  EXPECT_NE(gateway.errors().find("upstream_ca"), std::string::npos) << gateway.errors();
}

TEST(Forward, NoRedirectIsFollowed) {
  TestIssuer issuer;
  Application elsewhere({200, {}, "followed"});
  Application application({307, {{"Location", elsewhere.url() + "/there"}}, "moved"});
  Gateway gateway(issuer.url(), {"--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer answer = gateway.callback(issuer.token(), event_body());
  EXPECT_EQ(answer.status, 307) << "the application's own answer";
  EXPECT_EQ(answer.headers.find_single("Location"), elsewhere.url() + "/there");
  EXPECT_EQ(application.requests().size(), 1U);
  EXPECT_TRUE(elsewhere.requests().empty());
}

TEST(Forward, AuthorizationPassesOnlyWhenAskedFor) {
  TestIssuer issuer;
  Application application({200, {}, ""});
  const Folder folder;
  const std::string file =
      folder.write("callgate.toml",
                   std::string("[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[[provider]]\n"
                               "name = \"acs\"\ninsecure_http_issuer = true\nissuer = \"") +
                       issuer.url() + "\"\naudiences = [\"" + kAudience +
                       "\"]\n[[route]]\npath = \"/\"\nproviders = [\"acs\"]\npass_authorization = true\n"
                       "upstream = \"" +
                       application.url() + "\"\n");
  Gateway gateway = Gateway::with({"serve", "--config", file});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string token = issuer.token();
  EXPECT_EQ(gateway.callback(token, event_body()).status, 200);
  EXPECT_EQ(application.requests().at(0).head.headers.find_single("Authorization"), "Bearer " + token);
}

TEST(Forward, AnApplicationThatHangsIs504) {
  TestIssuer issuer;
  std::mutex mutex;
  std::vector<std::shared_ptr<net::Exchange>> held;
  LocalServer application([&](std::shared_ptr<net::Exchange> exchange) {
    const std::lock_guard lock(mutex);
    held.push_back(std::move(exchange));
  });
  Gateway gateway(issuer.url(), {"--upstream", application.url(), "--upstream-timeout", "200ms"});
  ASSERT_TRUE(gateway.becomes_ready());
  const Answer answer = gateway.callback(issuer.token(), event_body());
  EXPECT_EQ(answer.status, 504);
  EXPECT_EQ(answer.reason(), "upstream_timeout");
  EXPECT_EQ(answer.headers.count("Retry-After"), 0U);
  const std::lock_guard lock(mutex);
  held.clear();
}

TEST(Forward, ShadowModePassesOnWhatWouldBeRefused) {
  TestIssuer issuer;
  Application application({200, {}, "taken"});
  Gateway gateway(issuer.url(), {"--upstream", application.url(), "--shadow"});
  ASSERT_TRUE(gateway.process().wait_for_error_text("passes on everything, genuine or not"));
  ASSERT_TRUE(gateway.becomes_ready());
  http::Headers forged = bearer(issuer.token({{"exp", "1"}}));
  forged.add("Callgate-Shadow", "admit");
  forged.add("callgate_shadow", "admit");
  const struct {
    Answer answer;
    const char* mark;
  } rows[] = {
      {gateway.callback(issuer.token(), event_body()), "admit"},
      {post(gateway.address(), kPath, forged, event_body()), "token_expired"},
      {post(gateway.address(), kPath, {}, "anything at all"), "token_missing"},
      {gateway.callback(issuer.token(), "{}"), "event_malformed"},
  };
  const auto requests = application.requests();
  ASSERT_EQ(requests.size(), std::size(rows));
  for (std::size_t i = 0; i < requests.size(); ++i) {
    const http::Headers& headers = requests[i].head.headers;
    EXPECT_EQ(rows[i].answer.status, 200) << rows[i].mark;
    EXPECT_EQ(rows[i].answer.body, "taken");
    EXPECT_EQ(headers.find_single("Callgate-Shadow"), rows[i].mark);
    EXPECT_EQ(headers.count("callgate_shadow"), 0U);
    EXPECT_EQ(headers.count("Callgate-Issuer"), i == 0 ? 1U : 0U) << "nothing is vouched for";
    EXPECT_EQ(headers.count("Authorization"), 0U);
  }
  EXPECT_EQ(requests[2].body, "anything at all");
  EXPECT_EQ(request(gateway.address(), "GET /api/callback HTTP/1.1\r\nHost: t\r\n\r\n").status, 405);
  EXPECT_EQ(post(gateway.address(), "/other", {}, "").status, 404);
  EXPECT_EQ(request(gateway.address(), "GET /callgate/authorize HTTP/1.1\r\nHost: t\r\n\r\n").status, 401)
      << "whoever asks is told the truth";

  const Answer status =
      request(gateway.admin(), "GET /api/v1/status HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n\r\n");
  EXPECT_NE(status.body.find(R"("shadow":true,"would_have_refused":{"token_missing":1,"token_expired":1,)"
                             R"("event_malformed":1})"),
            std::string::npos)
      << status.body;
  const Answer metrics =
      request(gateway.admin(), "GET /metrics HTTP/1.1\r\nHost: " + gateway.admin() + "\r\n\r\n");
  EXPECT_NE(
      metrics.body.find("callgate_shadow_passed_total{route=\"/api/callback\",reason=\"token_expired\"} 1"),
      std::string::npos);
  ASSERT_TRUE(gateway.process().wait_for_error_text("shadow=passed", 3));
}

TEST(Forward, ShadowModePassesOnWithoutKeysToo) {
  TestIssuer issuer;
  issuer.set_down(true);
  Application application({200, {}, ""});
  Gateway gateway(issuer.url(), {"--upstream", application.url(), "--shadow"});
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  EXPECT_EQ(application.requests().at(0).head.headers.find_single("Callgate-Shadow"), "keys_unavailable");
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
