// SPDX-License-Identifier: Apache-2.0
#include "respond.hpp"

#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

namespace callgate::gateway {
namespace {

using refusal::Reason;

TEST(Respond, EveryReasonHasAStatusThatIsNever500Or429) {
  for (const Reason reason : refusal::all_reasons()) {
    const int status = status_of(reason);
    EXPECT_FALSE(http::status_phrase(status).empty()) << refusal::to_text(reason);
    EXPECT_GE(status, 400);
    EXPECT_NE(status, 500);
    EXPECT_NE(status, 429);
  }
}

TEST(Respond, EveryProblemIsADocumentWithWhatItsStatusDemands) {
  for (const Reason reason : refusal::all_reasons()) {
    const http::Response response = problem({reason, "why \"so\""}, "r1");
    const auto document = json::parse(response.body);
    ASSERT_TRUE(document) << response.body;
    const json::Value root = document->root();
    EXPECT_EQ(root.find("reason")->as_string(), refusal::to_text(reason));
    EXPECT_EQ(root.find("status")->as_integer(), response.status);
    EXPECT_EQ(root.find("detail")->as_string(), "why \"so\"");
    EXPECT_EQ(root.find("request_id")->as_string(), "r1");
    EXPECT_TRUE(root.find("type") && root.find("title"));
    EXPECT_EQ(response.headers.find("Content-Type"), "application/problem+json");
    EXPECT_EQ(response.headers.find("X-Request-Id"), "r1");
    EXPECT_EQ(response.headers.count("WWW-Authenticate"), response.status == 401 ? 1U : 0U);
    EXPECT_EQ(response.headers.count("Allow"), response.status == 405 ? 1U : 0U);
    EXPECT_EQ(response.headers.count("Retry-After"), response.status == 503 ? 1U : 0U);
  }
}

TEST(Respond, TheChallengeIsBareWhenNoBearerTokenWasSent) {
  EXPECT_EQ(problem({Reason::token_missing, ""}, "r").headers.find("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(problem({Reason::scheme_unsupported, ""}, "r").headers.find("WWW-Authenticate"), "Bearer");
  EXPECT_EQ(problem({Reason::token_expired, ""}, "r").headers.find("WWW-Authenticate"),
            "Bearer error=\"invalid_token\", error_description=\"The token has expired\"");
}

TEST(Respond, WithoutRevealARefusedTokenLooksLikeAnyOther) {
  std::string body;
  for (const Reason reason : {Reason::token_expired, Reason::signature_invalid, Reason::key_unknown}) {
    const http::Response response = problem({reason, "secret"}, "r", false);
    EXPECT_EQ(response.headers.find("WWW-Authenticate"), "Bearer error=\"invalid_token\"");
    if (!body.empty()) {
      EXPECT_EQ(response.body, body);
    }
    body = response.body;
  }
  EXPECT_EQ(body, R"({"type":"about:blank","title":"Unauthorized","status":401,"request_id":"r"})");
}

}  // namespace
}  // namespace callgate::gateway
