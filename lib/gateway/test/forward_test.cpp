// SPDX-License-Identifier: Apache-2.0
#include "forward.hpp"

#include <gtest/gtest.h>
#include <callgate/mint/signing_key.hpp>

#include <set>

namespace callgate::gateway {
namespace {

gate::TokenStep proven(const std::string& subject) {
  const auto key = *mint::SigningKey::generate_rsa(2048, "k 1");
  const std::string claims =
      R"({"iss":"https://issuer.test","aud":["x","a"],"exp":1000,"iat":900,"sub":")" + subject + "\"}";
  const std::string token = mint::sign_token(key, R"({"alg":"RS256","kid":"k 1"})", claims);
  const auto keys = *jose::KeySet::parse(mint::key_set(&key, 1));
  const gate::Provider provider{.name = "acs",
                                .algorithms = {jose::Algorithm::rs256},
                                .rules = {.issuer = "https://issuer.test", .audiences = {"a"}}};
  return gate::judge_token({{"Authorization", "Bearer " + token}}, provider, &keys,
                           base::WallTime{std::chrono::seconds{950}});
}

TEST(Forward, PassesEndToEndFieldsAndAddsTheProof) {
  const auto step = proven("s\\u0000\\u00e9 %\\n");
  const Proof proof{"r1", "acs", &std::get<gate::ProvenToken>(step.outcome),
                    base::WallTime{std::chrono::seconds{950}}};
  http::RequestHead head{.method = "POST",
                         .target = "http://other/api/callback/x?callerId=4:+1206",
                         .version_minor = 1,
                         .headers = {}};
  head.headers = {
      {"Content-Type", "application/json"}, {"traceparent", "00-a"}, {"X-Custom", "1"}, {"X-Custom", "2"}};
  const http::Request request = forwarded_request(head, "[1]", proof);
  EXPECT_EQ(request.head.target, "/api/callback/x?callerId=4:+1206");
  EXPECT_EQ(request.body, "[1]");
  EXPECT_EQ(request.head.headers.count("X-Custom"), 2U);
  EXPECT_EQ(request.head.headers.find("traceparent"), "00-a");
  EXPECT_EQ(request.head.headers.find("Callgate-Request-Id"), "r1");
  EXPECT_EQ(request.head.headers.find("Callgate-Audience"), "a");
  EXPECT_EQ(request.head.headers.find("Callgate-Key-Id"), "k%201");
  EXPECT_EQ(request.head.headers.find("Callgate-Subject"), "s%00%C3%A9%20%25%0A");
  EXPECT_EQ(request.head.headers.find("Callgate-Received-At"), "1970-01-01T00:15:50.000Z");
}

TEST(Forward, NothingOfAStrangerCanLookLikeOurs) {
  const auto step = proven("s");
  const Proof proof{"r1", "acs", &std::get<gate::ProvenToken>(step.outcome), base::WallTime{}};
  http::RequestHead head{.method = "POST", .target = "/x", .version_minor = 1, .headers = {}};
  for (const char* name : {"Callgate-Subject",
                           "callgate_subject",
                           "CALLGATE-subject",
                           "Callgate_Key-Id",
                           "callgate-anything",
                           "Callgate.Issuer",
                           "CALLGATE~ISSUER",
                           "Authorization",
                           "Webhook-Id",
                           "webhook_signature",
                           "webhook.id",
                           "Expect",
                           "Host",
                           "Connection",
                           "TE",
                           "Upgrade",
                           "Keep-Alive",
                           "Proxy-Authorization",
                           "Transfer_Encoding",
                           "Content-Length",
                           "X-Request-Id",
                           "X-Hop"}) {
    head.headers.add(name, "evil");
  }
  head.headers.add("connection", "x-hop, Callgate-Provider");
  const http::Request request = forwarded_request(head, "", proof);
  for (const http::Field& field : request.head.headers.fields()) EXPECT_NE(field.value, "evil") << field.name;
  EXPECT_EQ(request.head.headers.find("Callgate-Provider"), "acs") << "Connection cannot remove ours";
}

TEST(Forward, ASecretProvesNoIdentity) {
  const http::RequestHead head{
      .method = "POST", .target = "/x", .version_minor = 1, .headers = {{"Callgate-Issuer", "evil"}}};
  const http::Request request = forwarded_request(head, "", {"r1", "", nullptr, base::WallTime{}});
  EXPECT_EQ(request.head.headers.find("Callgate-Request-Id"), "r1");
  EXPECT_EQ(request.head.headers.count("Callgate-Received-At"), 1U);
  EXPECT_EQ(request.head.headers.fields().size(), 2U);
}

TEST(Forward, TheAnswerComesBackWithOurRequestId) {
  http::Response answer{202,
                        {{"X-App", "1"},
                         {"Connection", "close, X-Hop"},
                         {"X-Hop", "1"},
                         {"Content-Length", "2"},
                         {"X-Request-Id", "theirs"}},
                        "ok"};
  const http::Response response = returned_response(std::move(answer), "r1");
  EXPECT_EQ(response.status, 202);
  EXPECT_EQ(response.body, "ok");
  EXPECT_EQ(response.headers.fields().size(), 2U);
  EXPECT_EQ(response.headers.find("X-App"), "1");
  EXPECT_EQ(response.headers.find_single("X-Request-Id"), "r1");
}

}  // namespace
}  // namespace callgate::gateway
