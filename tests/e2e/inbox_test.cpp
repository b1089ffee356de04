// SPDX-License-Identifier: Apache-2.0
// The durable inbox behind the gateway: what a 200 promises, across a kill, and how events reach an
// application.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <callgate/digest/sha2.hpp>
#include <condition_variable>
#include <map>

#include "metrics.hpp"

namespace callgate::e2e {
namespace {

using namespace std::chrono_literals;

// Answers what it is told to, and remembers everything.
class Taker {
 public:
  explicit Taker(int status = 200)
      : status_(status), server_([this](std::shared_ptr<net::Exchange> exchange) {
          net::Exchange& e = *exchange;
          e.read_body(1 << 20, [this, exchange = std::move(exchange)](refusal::Judged<std::string> body) {
            const std::lock_guard lock(mutex_);
            requests_.push_back({exchange->head(), std::move(*body)});
            came_.notify_all();
            exchange->answer({status_, {}, "mine"});
          });
        }) {}
  std::string url() const { return server_.url(); }
  void use(int status) {
    const std::lock_guard lock(mutex_);
    status_ = status;
  }
  std::vector<http::Request> wait_for(std::size_t count) {
    std::unique_lock lock(mutex_);
    came_.wait_for(lock, 30s, [&] { return requests_.size() >= count; });
    return requests_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  int status_;
  std::vector<http::Request> requests_;
  LocalServer server_;
};

std::string event_of(const std::string& call, const std::string& id) {
  return R"({"id":")" + id + R"(","source":"calling/callConnections/)" + call +
         R"(","type":"Microsoft.Communication.PlayCompleted","specversion":"1.0","data":{"callConnectionId":")" +
         call + R"(","note": "spaced  out"}})";
}

TEST(Inbox, WhatWasAnsweredOutlivesAKill) {
  TestIssuer issuer;
  const Folder folder;
  const std::string file = folder.path("inbox.db");
  {
    Gateway gateway(issuer.url(), {"--inbox", file});
    ASSERT_TRUE(gateway.becomes_ready());
    for (const char* id : {"1", "2", "3"}) {
      const Answer answer = gateway.callback(issuer.token(), event_of("call-a", id));
      EXPECT_EQ(answer.status, 200);
      EXPECT_EQ(answer.body, R"({"success":true})");
    }
    EXPECT_EQ(gateway.callback(issuer.token({{"exp", "1"}}), event_of("call-a", "4")).status, 401);
    struct stat facts {};
    ASSERT_EQ(stat(file.c_str(), &facts), 0);
    EXPECT_EQ(facts.st_mode & 0777U, 0600U);
    gateway.process().signal(SIGKILL);
    gateway.process().wait();
  }
  Gateway gateway(issuer.url(), {"--inbox", file});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_TRUE(comes_to(gateway, "callgate_inbox_depth 3")) << metrics_of(gateway);
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "2")).status, 200)
      << "known, and answered so";
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-b", "2")).status, 200);
  EXPECT_TRUE(comes_to(gateway, "callgate_inbox_depth 4"))
      << "another call's event of the same id is another";
}

TEST(Inbox, ASecondGatewayOnTheSameFileIsRefused) {
  TestIssuer issuer;
  const Folder folder;
  Gateway first(issuer.url(), {"--inbox", folder.path("inbox.db")});
  Process second(CALLGATE_PROGRAM, gateway_flags(issuer.url(), {"--inbox", folder.path("inbox.db")}));
  EXPECT_EQ(second.wait(), 2);
  EXPECT_NE(second.errors().find("inbox"), std::string::npos) << second.errors();
}

TEST(Inbox, PushesEachCallInOrderWithItsProof) {
  TestIssuer issuer;
  const Folder folder;
  const std::string secret = folder.write("secret.txt", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
  Taker application;
  Gateway gateway(issuer.url(), {"--inbox", folder.path("inbox.db"), "--upstream", application.url(),
                                 "--hand-over-secret-file", secret});
  ASSERT_TRUE(gateway.becomes_ready());
  http::Headers headers = bearer(issuer.token({{"sub", "\"resource\""}}));
  headers.add("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  headers.add("Callgate-Subject", "evil");
  const Answer first = post(gateway.address(), "/api/callback/7?a=%2B1", headers, event_of("call-a", "one"));
  EXPECT_EQ(first.status, 200);
  const std::string batch = "[" + event_of("call-a", "two") + " , " + event_of("call-a", "three") + "]";
  EXPECT_EQ(gateway.callback(issuer.token(), batch).status, 200);
  const auto requests = application.wait_for(3);
  ASSERT_EQ(requests.size(), 3U);
  EXPECT_EQ(requests[0].body, event_of("call-a", "one")) << "byte for byte";
  EXPECT_EQ(requests[1].body, "[" + event_of("call-a", "two") + "]");
  EXPECT_EQ(requests[2].body, "[" + event_of("call-a", "three") + "]");
  const http::RequestHead& head = requests[0].head;
  EXPECT_EQ(head.method, "POST");
  EXPECT_EQ(head.target, "/api/callback/7?a=%2B1");
  EXPECT_EQ(head.headers.find_single("Callgate-Attempt"), "1");
  EXPECT_EQ(head.headers.find_single("Callgate-Provider"), "acs");
  EXPECT_EQ(head.headers.find_single("Callgate-Issuer"), issuer.url());
  EXPECT_EQ(head.headers.find_single("Callgate-Audience"), kAudience);
  EXPECT_EQ(head.headers.find_single("Callgate-Subject"), "resource");
  EXPECT_EQ(head.headers.find_single("Callgate-Key-Id"), issuer.key().kid());
  EXPECT_EQ(head.headers.find_single("Callgate-Request-Id"), first.headers.find_single("X-Request-Id"));
  EXPECT_EQ(head.headers.find_single("Content-Type"), "application/json");
  EXPECT_TRUE(head.headers.find_single("traceparent"));
  EXPECT_EQ(head.headers.count("Authorization"), 0U);
  EXPECT_TRUE(head.headers.find_single("webhook-id").value_or("").starts_with("evt_"));
  EXPECT_TRUE(head.headers.find_single("webhook-signature").value_or("").starts_with("v1,"));
  EXPECT_TRUE(comes_to(gateway, "callgate_delivery_attempts_total{result=\"delivered\"} 3"));
  EXPECT_TRUE(comes_to(gateway, "callgate_inbox_depth 0"));
}

TEST(Inbox, TriesAgainUntilItIsTakenAndHoldsUpNoOtherCall) {
  TestIssuer issuer;
  const Folder folder;
  Taker application(500);
  Gateway gateway(issuer.url(), {"--inbox", folder.path("inbox.db"), "--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "1")).status, 200);
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "2")).status, 200);
  application.wait_for(1);
  application.use(204);
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-b", "1")).status, 200);
  const auto requests = application.wait_for(4);
  ASSERT_EQ(requests.size(), 4U);
  EXPECT_EQ(requests[0].body, event_of("call-a", "1"));
  EXPECT_EQ(requests[1].body, event_of("call-b", "1")) << "no other call waits for it";
  EXPECT_EQ(requests[2].body, event_of("call-a", "1"));
  EXPECT_EQ(requests[2].head.headers.find_single("Callgate-Attempt"), "2");
  EXPECT_EQ(requests[3].body, event_of("call-a", "2")) << "only then";
}

// Three events on each route are too few for a breaker of its own.
TEST(Inbox, TwoRoutesToOneApplicationFindItIllTogetherAndOnce) {
  TestIssuer issuer;
  const Folder folder;
  Taker application(503);
  std::string text = "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[inbox]\npath = \"" +
                     folder.path("inbox.db") +
                     "\"\n[[provider]]\nname = \"acs\"\ninsecure_http_issuer = true\nissuer = \"" +
                     issuer.url() + "\"\naudiences = [\"" + kAudience + "\"]\n";
  for (const std::string path : {"/one", "/two"}) {
    text += "[[route]]\npath = \"" + path + "\"\nproviders = [\"acs\"]\ndeliver = \"inbox\"\nupstream = \"" +
            application.url() + "\"\n";
  }
  Gateway gateway = Gateway::with({"serve", "--config", folder.write("callgate.toml", text)});
  ASSERT_TRUE(gateway.becomes_ready());
  const auto place = [&](const std::string& path, const std::string& call) {
    return post(gateway.address(), path, bearer(issuer.token()), event_of(call, "1")).status;
  };
  for (const char* call : {"a", "b", "c"}) {
    EXPECT_EQ(place("/one", call), 200);
    EXPECT_EQ(place("/two", call), 200);
  }
  ASSERT_TRUE(gateway.process().wait_for_error_text("the application at " + application.url() + " is ill"));
  EXPECT_EQ(place("/one", "d"), 200);
  EXPECT_EQ(place("/two", "d"), 200);
  application.use(200);
  ASSERT_TRUE(gateway.process().wait_for_error_text("at " + application.url() + " is well again"));
  EXPECT_TRUE(comes_to(gateway, "callgate_inbox_depth 0")) << "whichever route's event was the probe";
  const std::string log = gateway.process().errors();
  EXPECT_EQ(log.find(" is ill;"), log.rfind(" is ill;")) << log;
}

TEST(Inbox, WhatTheApplicationRefusesForGoodIsKeptDead) {
  TestIssuer issuer;
  const Folder folder;
  Taker application(410);
  Gateway gateway(issuer.url(), {"--inbox", folder.path("inbox.db"), "--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "1")).status, 200);
  EXPECT_TRUE(comes_to(gateway, "callgate_inbox_dead 1"));
  application.use(200);
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "2")).status, 200);
  EXPECT_EQ(application.wait_for(2).size(), 2U) << "the call goes on";
}

TEST(Inbox, AForwardedRequestIsSignedToo) {
  TestIssuer issuer;
  const Folder folder;
  const std::string secret = folder.write("secret.txt", "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz\n");
  Taker application;
  Gateway gateway(issuer.url(), {"--upstream", application.url(), "--hand-over-secret-file", secret});
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "1")).status, 200);
  EXPECT_EQ(gateway.callback(issuer.token(), event_of("call-a", "1")).status, 200);
  const auto requests = application.wait_for(2);
  ASSERT_EQ(requests.size(), 2U);
  const auto id = requests[0].head.headers.find_single("webhook-id");
  ASSERT_TRUE(id);
  EXPECT_EQ(requests[1].head.headers.find_single("webhook-id"), id) << "the same on every try";
  EXPECT_TRUE(requests[0].head.headers.find_single("webhook-signature").value_or("").starts_with("v1,"));
}

}  // namespace
}  // namespace callgate::e2e
