// SPDX-License-Identifier: Apache-2.0
// Event Grid in front of callgate: its handshakes, valid and hostile, and its events, with Entra-like tokens
// and with a secret in the query.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

constexpr const char* kCode = "512d38b6-c7b8-40c8-89fe-f46f9e9622b6";

std::string validation(const std::string& code) {
  return R"([{"id":"2d1781af-3a4c-4d7c-bd0c-e34b19da4e66","topic":"/subscriptions/x","subject":"","data":{"validationCode":")" +
         code +
         R"(","validationUrl":"http://127.0.0.1:1/never"},"eventType":"Microsoft.EventGrid.SubscriptionValidationEvent","eventTime":"2026-09-30T08:15:42.1234567Z","metadataVersion":"1","dataVersion":"2"}])";
}

const std::string kIncoming =
    R"([{"id":"1","topic":"/subscriptions/x","subject":"call/startedcall","data":{"incomingCallContext":"aGk="},"eventType":"Microsoft.Communication.IncomingCall","eventTime":"2026-09-30T08:15:42Z","metadataVersion":"1","dataVersion":"1.0"}])";

class EventGrid : public testing::Test {
 protected:
  EventGrid() : gateway_(Gateway::with({"serve", "--config", write_config()})) {
    EXPECT_TRUE(gateway_.becomes_ready());
  }
  std::string write_config() const {
    folder_.write("secret.txt", "open-sesame");
    return folder_.write(
        "callgate.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n"
        "[[provider]]\nname = \"grid\"\npreset = \"event-grid\"\ntenant = "
        "\"9f8e1c52-3b7d-4a06-8c15-d2e47b90a6f3\"\nissuer = \"" +
            issuer_.url() + "\"\ndiscovery = \"" + issuer_.url() +
            "/x\"\ninsecure_http_issuer = true\naudiences = [\"api://hooks\"]\n"
            "[[provider]]\nname = \"acs\"\ninsecure_http_issuer = true\nissuer = \"" +
            issuer_.url() + "\"\naudiences = [\"" + kAudience +
            "\"]\n"
            "[[route]]\npath = \"/grid\"\nproviders = [\"grid\"]\n"
            "[[route]]\npath = \"/plain\"\nproviders = []\nquery_secret = { name = \"code\", file = "
            "\"secret.txt\" }\n"
            "[[route]]\npath = \"/acs\"\nproviders = [\"acs\"]\n");
  }
  std::string entra_token() const {
    return issuer_.token({{"aud", R"("api://hooks")"},
                          {"tid", R"("9f8e1c52-3b7d-4a06-8c15-d2e47b90a6f3")"},
                          {"appid", R"("4962773b-9cdb-44cf-a8bf-237846a00ab7")"},
                          {"roles", R"(["AzureEventGridSecureWebhookSubscriber"])"}});
  }
  Answer ask(const std::string& target, http::Headers headers, const std::string& type,
             const std::string& body) const {
    headers.set("Content-Type", "application/json; charset=utf-8");
    headers.set("aeg-event-type", type);
    return post(gateway_.address(), target, headers, body);
  }
  Answer options(const std::string& target, const std::string& origin, const std::string& more = {}) const {
    return request(gateway_.address(), "OPTIONS " + target +
                                           " HTTP/1.1\r\nHost: t\r\nWebHook-Request-Origin: " + origin +
                                           "\r\n" + more + "\r\n");
  }

  TestIssuer issuer_;
  const Folder folder_;
  Gateway gateway_;
};

TEST_F(EventGrid, TheValidationIsAnsweredWhereTheProofHolds) {
  const std::string expected = std::string(R"({"validationResponse":")") + kCode + "\"}";
  const Answer with_secret = ask("/plain?code=open-sesame", {}, "SubscriptionValidation", validation(kCode));
  EXPECT_EQ(with_secret.status, 200);
  EXPECT_EQ(with_secret.body, expected);
  EXPECT_EQ(with_secret.headers.find("Content-Type"), "application/json");
  const Answer with_token = ask("/grid", bearer(entra_token()), "SubscriptionValidation", validation(kCode));
  EXPECT_EQ(with_token.status, 200);
  EXPECT_EQ(with_token.body, expected);
  const struct {
    const char* name;
    Answer answer;
    int status;
  } rows[] = {
      {"no secret", ask("/plain", {}, "SubscriptionValidation", validation(kCode)), 403},
      {"no token", ask("/grid", {}, "SubscriptionValidation", validation(kCode)), 401},
      {"another's token", ask("/grid", bearer(issuer_.token()), "SubscriptionValidation", validation(kCode)),
       401},
      {"no such thing here",
       ask("/acs", bearer(issuer_.token()), "SubscriptionValidation", validation(kCode)), 400},
      {"no code", ask("/plain?code=open-sesame", {}, "SubscriptionValidation", validation("")), 400},
      {"a code that is none",
       ask("/plain?code=open-sesame", {}, "SubscriptionValidation", validation("a\\r\\nb")), 400},
      {"no body", ask("/plain?code=open-sesame", {}, "SubscriptionValidation", ""), 400},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(row.answer.status, row.status) << row.name;
    EXPECT_EQ(row.answer.body.find("validationResponse"), std::string::npos) << row.name;
  }
}

TEST_F(EventGrid, ConsentIsGivenWhereTheProofHolds) {
  const Answer given =
      options("/plain?code=open-sesame", "eventgrid.azure.net", "WebHook-Request-Rate: 120\r\n");
  EXPECT_EQ(given.status, 200);
  EXPECT_EQ(given.headers.find("WebHook-Allowed-Origin"), "eventgrid.azure.net");
  EXPECT_EQ(given.headers.count("WebHook-Allowed-Rate"), 1U);
  EXPECT_EQ(options("/grid", "eventgrid.azure.net", "Authorization: Bearer " + entra_token() + "\r\n").status,
            200);
  EXPECT_EQ(options("/plain?code=wrong", "eventgrid.azure.net").status, 403);
  EXPECT_EQ(options("/grid", "eventgrid.azure.net").status, 401);
  EXPECT_EQ(options("/plain?code=open-sesame", "*").status, 400);
  EXPECT_EQ(options("/plain?code=open-sesame", "a.example, b.example").status, 400);
  const Answer elsewhere = options("/acs", "eventgrid.azure.net");
  EXPECT_EQ(elsewhere.status, 405) << "Call Automation asks for no consent";
  EXPECT_EQ(elsewhere.headers.find("Allow"), "POST");
}

TEST_F(EventGrid, ItsEventsAreReadInItsOwnEnvelope) {
  EXPECT_EQ(ask("/grid", bearer(entra_token()), "Notification", kIncoming).status, 200);
  EXPECT_EQ(ask("/plain?code=open-sesame", {}, "Notification", kIncoming).status, 200);
  EXPECT_EQ(ask("/acs", bearer(issuer_.token()), "Notification", kIncoming).reason(), "event_malformed");
  EXPECT_EQ(ask("/plain?code=open-sesame", {}, "Notification", "[]").reason(), "event_malformed");
}

}  // namespace
}  // namespace callgate::e2e
