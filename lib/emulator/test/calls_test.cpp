// SPDX-License-Identifier: Apache-2.0
// The emulator over loopback: its server, a receiver that plays the gateway, and the test as the client, all
// on one worker of the test's own thread.
#include <gtest/gtest.h>
#include <callgate/net/client.hpp>
#include <callgate/net/server.hpp>

#include <optional>
#include <set>
#include <vector>

#include "endpoints.hpp"
#include "problem.hpp"
#include "read_token.hpp"
#include "result.hpp"

namespace callgate::emulator {
namespace {

struct Received {
  std::string target;
  std::string authorization;  // "(none)" when absent
  std::string content_type;
  std::string body;
};

http::Url url_of(const net::Listener& listener) {
  return {"http", listener.where().host, listener.where().port, "/"};
}

http::Response answer_fault(const refusal::Refusal& refusal, const http::Address& /*peer*/) {
  return problem(refusal);
}

class Calls : public testing::Test {
 protected:
  Calls()
      : emulator_listener_(net::Listener::bind({"127.0.0.1", 0}, 1).value()),
        receiver_listener_(net::Listener::bind({"127.0.0.1", 0}, 1).value()),
        issuer_(
            Issuer::make({url_of(emulator_listener_).origin(), "audience", true}, 1024, base::system_clock())
                .value()),
        endpoints_(worker_, base::system_clock(), issuer_),
        emulator_(
            worker_, emulator_listener_, 0, {}, [this](const auto& exchange) { endpoints_.handle(exchange); },
            answer_fault),
        receiver_(
            worker_, receiver_listener_, 0, {}, [this](const auto& exchange) { receive(exchange); },
            answer_fault) {}

  void receive(const std::shared_ptr<net::Exchange>& exchange) {
    exchange->read_body(std::size_t{1} << 20, [this, exchange](const refusal::Judged<std::string>& body) {
      const http::RequestHead& head = exchange->head();
      received_.push_back({head.target, std::string(head.headers.find("Authorization").value_or("(none)")),
                           std::string(head.headers.find("Content-Type").value_or("(none)")), body.value()});
      exchange->answer(receiver_answer_);
    });
  }

  // The answer of the emulator; status 0 if there is none.
  http::Response ask(std::string method, std::string target, std::string body = {}) {
    http::Request request;
    request.head.method = std::move(method);
    request.head.target = std::move(target);
    request.body = std::move(body);
    http::Response out{0, {}, {}};
    const net::ClientLimits limits{.body_bytes_max = std::size_t{11} << 20};
    net::send(worker_, url_of(emulator_listener_), std::move(request), limits,
              [&](const tl::expected<http::Response, net::ClientError>& answer) {
                if (answer) out = *answer;
                worker_.stop();
              });
    worker_.keep_running();
    worker_.run();
    return out;
  }

  std::string order(const std::string& more) const {
    return R"({"callback":")" + url_of(receiver_listener_).origin() + R"(/api/callback?a=%2B1")" + more + "}";
  }

  Report place(const std::string& more) {
    const http::Response answer = ask("POST", "/emulator/calls", order(more));
    EXPECT_EQ(answer.status, 200) << answer.body;
    return parse_report(answer.body).value_or(Report{});
  }

  net::Worker worker_;
  net::Listener emulator_listener_;
  net::Listener receiver_listener_;
  Issuer issuer_;
  Endpoints endpoints_;
  net::Server emulator_;
  net::Server receiver_;
  http::Response receiver_answer_{200, {}, R"({"success":true})"};
  std::vector<Received> received_;
};

TEST_F(Calls, SendsEachEventSignedAndInOrder) {
  const Report report = place(R"(,"scenario":"inbound-ivr","calls":2)");
  ASSERT_EQ(received_.size(), 12U);
  ASSERT_EQ(report.events.size(), 12U);
  EXPECT_EQ(report.as_expected(), 12U);
  std::set<std::string> tokens;
  for (std::size_t i = 0; i < 12; ++i) {
    const Received& got = received_[i];
    EXPECT_EQ(got.target, "/api/callback?a=%2B1");
    EXPECT_EQ(got.content_type, "application/json");
    ASSERT_TRUE(got.authorization.starts_with("Bearer "));
    tokens.insert(got.authorization);
    const auto body = json::parse(got.body);
    ASSERT_EQ(body->root().size(), 1U);
    EXPECT_EQ(body->root().elements()[0].find("id")->as_string(), report.events[i].event_id);
    EXPECT_EQ(report.events[i].fault, "none");
    EXPECT_EQ(report.events[i].expected, "admit");
    EXPECT_EQ(report.events[i].status, 200);
    EXPECT_EQ(report.events[i].call_id, report.events[i / 6 * 6].call_id);
  }
  EXPECT_EQ(tokens.size(), 12U);
  EXPECT_NE(report.events[0].call_id, report.events[6].call_id);
}

TEST_F(Calls, ReportsTheReasonOfARefusal) {
  receiver_answer_ = {401, {}, R"({"status":401,"reason":"token_expired"})"};
  const Report expected = place(R"(,"scenario":"failed-call","fault":"expired")");
  ASSERT_EQ(expected.events.size(), 1U);
  EXPECT_EQ(expected.events[0].expected, "token_expired");
  EXPECT_EQ(expected.events[0].reason, "token_expired");
  EXPECT_EQ(expected.as_expected(), 1U);
  EXPECT_EQ(place(R"(,"scenario":"failed-call")").as_expected(), 0U);
  EXPECT_EQ(place(R"(,"scenario":"failed-call","fault":"wrong-key")").as_expected(), 0U);
}

TEST_F(Calls, NoTokenSendsNone) {
  receiver_answer_ = {401, {}, "no document"};
  EXPECT_EQ(place(R"(,"scenario":"inbound-ivr","fault":"no-token")").as_expected(), 6U);
  for (const Received& got : received_) EXPECT_EQ(got.authorization, "(none)");
}

TEST_F(Calls, DuplicateRepeatsTokenAndBody) {
  EXPECT_EQ(place(R"(,"scenario":"inbound-ivr","fault":"duplicate")").as_expected(), 12U);
  ASSERT_EQ(received_.size(), 12U);
  for (std::size_t i = 0; i < 12; i += 2) {
    EXPECT_EQ(received_[i].authorization, received_[i + 1].authorization);
    EXPECT_EQ(received_[i].body, received_[i + 1].body);
  }
  EXPECT_NE(received_[0].authorization, received_[2].authorization);
}

// This receiver admits everything: only the first of each pair is as expected.
TEST_F(Calls, ReplayBodySendsAnotherEventUnderTheSameToken) {
  const Report report = place(R"(,"scenario":"inbound-ivr","fault":"replay-body")");
  EXPECT_EQ(report.as_expected(), 6U);
  ASSERT_EQ(received_.size(), 12U);
  for (std::size_t i = 0; i < 12; i += 2) {
    EXPECT_EQ(received_[i].authorization, received_[i + 1].authorization);
    EXPECT_NE(received_[i].body, received_[i + 1].body);
    EXPECT_EQ(report.events[i].expected, "admit");
    EXPECT_EQ(report.events[i + 1].expected, "token_replayed");
    EXPECT_EQ(report.events[i].type, report.events[i + 1].type);
    EXPECT_EQ(report.events[i].call_id, report.events[i + 1].call_id);
    EXPECT_NE(report.events[i].event_id, report.events[i + 1].event_id);
  }
}

TEST_F(Calls, BatchIsOnePostWithAResultForEachEvent) {
  EXPECT_EQ(place(R"(,"scenario":"inbound-ivr","fault":"batch")").as_expected(), 6U);
  ASSERT_EQ(received_.size(), 1U);
  EXPECT_EQ(json::parse(received_[0].body)->root().size(), 6U);
}

TEST_F(Calls, RateRunsCallsSideBySide) {
  const Report report = place(R"(,"scenario":"inbound-ivr","calls":20,"rate":1000)");
  EXPECT_EQ(report.as_expected(), 120U);
  EXPECT_EQ(received_.size(), 120U);
}

TEST_F(Calls, ManyCallsThatNobodyAnswersEndToo) {
  const auto closed = net::Listener::bind({"127.0.0.1", 0}, 1).value().where();  // closed again
  const std::string body =
      R"({"callback":"http://)" + closed.text() + R"(/","scenario":"failed-call","calls":1000})";
  const auto report = parse_report(ask("POST", "/emulator/calls", body).body);
  ASSERT_TRUE(report);
  ASSERT_EQ(report->events.size(), 1000U);
  EXPECT_EQ(report->events[0].status, 0);
  EXPECT_EQ(report->events[0].reason, "unreachable");
  EXPECT_EQ(report->as_expected(), 0U);
}

TEST_F(Calls, PublishesDiscoveryAndKeys) {
  const http::Response discovery = ask("GET", "/calling/.well-known/acsopenidconfiguration");
  EXPECT_EQ(discovery.status, 200);
  EXPECT_EQ(discovery.headers.find("Content-Type"), "application/json");
  EXPECT_EQ(text_in(discovery.body, "issuer"), url_of(emulator_listener_).origin());
  EXPECT_EQ(ask("GET", "/calling/keys?x").body, issuer_.key_set());
}

TEST_F(Calls, MintsATokenAndRotates) {
  const std::string token =
      text_in(ask("POST", "/emulator/token", R"({"claims":{"sub":"me"}})").body, "token");
  ASSERT_TRUE(read_token(token));
  EXPECT_EQ(text_in(read_token(token)->claims, "sub"), "me");
  const std::string kid = text_in(ask("POST", "/emulator/rotate").body, "kid");
  EXPECT_EQ(text_in(read_token(issuer_.mint({}))->header, "kid"), kid);
}

TEST_F(Calls, KeyFaultsSpoilTheDocuments) {
  const auto set = [&](const std::string& mode) {
    EXPECT_EQ(ask("POST", "/emulator/keys-fault", R"({"mode":")" + mode + "\"}").status, 200) << mode;
  };
  set("down");
  EXPECT_EQ(ask("GET", "/calling/keys").status, 503);
  EXPECT_EQ(ask("GET", "/calling/.well-known/acsopenidconfiguration").status, 503);
  set("garbage");
  EXPECT_FALSE(json::parse(ask("GET", "/calling/keys").body));
  set("html");
  EXPECT_EQ(ask("GET", "/calling/keys").headers.find("Content-Type"), "text/html");
  set("empty");
  EXPECT_EQ(ask("GET", "/calling/keys").body, R"({"keys":[]})");
  EXPECT_EQ(ask("GET", "/calling/.well-known/acsopenidconfiguration").body, issuer_.discovery_document());
  set("huge");
  EXPECT_EQ(ask("GET", "/calling/keys").body.size(), kHugeBytes);
  set("ok");
  EXPECT_EQ(ask("GET", "/calling/keys").body, issuer_.key_set());
}

TEST_F(Calls, SlowKeysAreHeldBackAndMayBeLeftWaiting) {
  ask("POST", "/emulator/keys-fault", R"({"mode":"slow"})");
  http::Request request;
  request.head.method = "GET";
  request.head.target = "/calling/keys";
  net::send(worker_, url_of(emulator_listener_), std::move(request),
            {.total_timeout = std::chrono::milliseconds{50}},
            [&](const tl::expected<http::Response, net::ClientError>& answer) {
              ASSERT_FALSE(answer);
              EXPECT_EQ(answer.error().kind, net::ClientError::Kind::timeout);
              worker_.stop();
            });
  worker_.run();
}

TEST_F(Calls, ErrorsAreProblems) {
  const http::Response missing = ask("GET", "/");
  EXPECT_EQ(missing.status, 404);
  EXPECT_EQ(missing.headers.find("Content-Type"), "application/problem+json");
  const http::Response method = ask("GET", "/emulator/token");
  EXPECT_EQ(method.status, 405);
  EXPECT_EQ(method.headers.find("Allow"), "POST");
  EXPECT_EQ(ask("POST", "/calling/keys").headers.find("Allow"), "GET, HEAD");
  EXPECT_EQ(ask("POST", "/emulator/calls", order(R"(,"scenario":"no-such")")).status, 400);
  const http::Response unknown =
      ask("POST", "/emulator/calls", order(R"(,"scenario":"failed-call","fault":"no-such")"));
  EXPECT_EQ(unknown.status, 400);
  EXPECT_NE(text_in(unknown.body, "detail").find("known are: none, expired"), std::string::npos);
}

TEST_F(Calls, BodiesAreBounded) {
  const std::string fits = R"({"claims":{"a":")" + std::string(kOrderBytesMax - 19, 'x') + R"("}})";
  EXPECT_EQ(fits.size(), kOrderBytesMax);
  EXPECT_EQ(ask("POST", "/emulator/token", fits).status, 200);
  EXPECT_EQ(ask("POST", "/emulator/token", fits + " ").status, 413);
}

}  // namespace
}  // namespace callgate::emulator
