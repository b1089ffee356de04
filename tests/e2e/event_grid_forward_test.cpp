// SPDX-License-Identifier: Apache-2.0
// Event Grid in front, an application behind: what reaches it with the aeg fields, what callgate answers
// itself, and what a hostile or careless request for a handshake gets.
#include <gtest/gtest.h>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

constexpr const char* kTenant = "9f8e1c52-3b7d-4a06-8c15-d2e47b90a6f3";
constexpr const char* kEventGrid = "4962773b-9cdb-44cf-a8bf-237846a00ab7";
constexpr const char* kRole = "AzureEventGridSecureWebhookSubscriber";

std::string event(const std::string& type, const std::string& data) {
  return R"({"id":"e1","topic":"/subscriptions/x","subject":"s","data":)" + data + R"(,"eventType":")" +
         type + R"(","eventTime":"2026-09-30T08:15:42Z","metadataVersion":"1","dataVersion":"2"})";
}

std::string validation(const std::string& data) {
  return "[" + event("Microsoft.EventGrid.SubscriptionValidationEvent", data) + "]";
}

class EventGridForward : public testing::Test {
 protected:
  EventGridForward()
      : application_([this](std::shared_ptr<net::Exchange> exchange) {
          net::Exchange& e = *exchange;
          e.read_body(1 << 20, [this, exchange = std::move(exchange)](refusal::Judged<std::string> body) {
            const std::lock_guard lock(mutex_);
            received_.push_back({exchange->head(), body ? *body : "?"});
            exchange->answer({202, {}, ""});
          });
        }),
        gateway_(Gateway::with({"serve", "--config", write_config()})) {
    EXPECT_TRUE(gateway_.becomes_ready());
  }
  std::string write_config() const {
    folder_.write("secret.txt", "open-sesame");
    return folder_.write(
        "callgate.toml",
        "[server]\nlisten = \"127.0.0.1:0\"\nadmin = \"127.0.0.1:0\"\n[[provider]]\nname = "
        "\"grid\"\npreset = \"event-grid\"\ntenant = \"" +
            std::string(kTenant) + "\"\nissuer = \"" + issuer_.url() + "\"\ndiscovery = \"" + issuer_.url() +
            "/x\"\ninsecure_http_issuer = true\naudiences = [\"api://hooks\"]\n[[route]]\npath = "
            "\"/grid\"\nproviders = [\"grid\"]\nupstream = \"" +
            application_.url() +
            "\"\n[[route]]\npath = \"/plain\"\nproviders = []\nquery_secret = { name = \"code\", "
            "file = \"secret.txt\" }\nupstream = \"" +
            application_.url() +
            "\"\n[[route]]\npath = \"/tryout\"\nproviders = [\"grid\"]\nshadow = true\nupstream = \"" +
            application_.url() + "\"\n");
  }
  // A token as Entra makes it for Event Grid, version 1; changes as in TestIssuer.
  http::Headers entra(std::vector<std::pair<std::string, std::string>> changes = {}) const {
    std::vector<std::pair<std::string, std::string>> claims{{"aud", R"("api://hooks")"},
                                                            {"tid", "\"" + std::string(kTenant) + "\""},
                                                            {"appid", "\"" + std::string(kEventGrid) + "\""},
                                                            {"roles", "[\"" + std::string(kRole) + "\"]"}};
    claims.insert(claims.end(), changes.begin(), changes.end());
    return bearer(issuer_.token(claims));
  }
  Answer ask(const std::string& target, http::Headers headers, const std::string& body,
             const std::string& kind = "Notification") const {
    if (!kind.empty()) headers.add("aeg-event-type", kind);
    return post(gateway_.address(), target, headers, body);
  }
  Answer options(const std::string& more) const {
    return request(gateway_.address(),
                   "OPTIONS /plain?code=open-sesame HTTP/1.1\r\nHost: t\r\n" + more + "\r\n");
  }
  std::vector<http::Request> received() {
    const std::lock_guard lock(mutex_);
    return std::exchange(received_, {});
  }

  std::mutex mutex_;
  std::vector<http::Request> received_;
  TestIssuer issuer_;
  const Folder folder_;
  LocalServer application_;
  Gateway gateway_;
};

TEST_F(EventGridForward, EventsArriveWithTheAegFieldsByteForByte) {
  const http::Headers aeg{{"aeg-subscription-name", "CALLS"},
                          {"aeg-delivery-count", "0"},
                          {"aeg-data-version", "1.0"},
                          {"aeg-metadata-version", "1"},
                          {"aeg-output-event-id", "oe-7e57"}};
  const std::string incoming =
      "[ " + event("Microsoft.Communication.IncomingCall", R"({"incomingCallContext":"aGk="})") + " ]";
  const std::string deletion = "[" + event("Microsoft.EventGrid.SubscriptionDeletedEvent", "{}") + "]";
  const std::string cloud =
      R"({"id":"1","source":"/x","specversion":"1.0","type":"Microsoft.Communication.IncomingCall","data":{}})";
  const struct {
    const char* target;
    bool with_token;
    const char* kind;
    const char* content_type;
    const std::string& body;
  } rows[] = {{"/grid", true, "Notification", "application/json; charset=utf-8", incoming},
              {"/plain?code=open-sesame", false, "Notification", "application/json; charset=utf-8", incoming},
              {"/grid", true, "SubscriptionDeletion", "application/json; charset=utf-8", deletion},
              {"/grid", true, "Notification", "application/cloudevents+json; charset=utf-8", cloud},
              {"/plain?code=open-sesame", false, "Notification", "application/cloudevents+json", cloud}};
  for (const auto& row : rows) {
    http::Headers headers = row.with_token ? entra() : http::Headers{};
    headers.set("Content-Type", row.content_type);
    headers.add("WebHook-Request-Origin", "eventgrid.azure.net");  // stands on deliveries too
    for (const http::Field& field : aeg.fields()) headers.add(field.name, field.value);
    EXPECT_EQ(ask(row.target, headers, row.body, row.kind).status, 202) << row.target << " " << row.kind;
    const auto requests = received();
    ASSERT_EQ(requests.size(), 1U) << row.target;
    EXPECT_EQ(requests[0].body, row.body);
    EXPECT_EQ(requests[0].head.headers.find_single("aeg-event-type"), row.kind);
    EXPECT_EQ(requests[0].head.headers.find_single("WebHook-Request-Origin"), "eventgrid.azure.net");
    for (const http::Field& field : aeg.fields())
      EXPECT_EQ(requests[0].head.headers.find_single(field.name), field.value) << field.name;
    EXPECT_EQ(requests[0].head.headers.count("Callgate-Issuer"), row.with_token ? 1U : 0U);
  }
}

TEST_F(EventGridForward, HandshakesAreAnsweredHereAsOftenAsTheyCome) {
  const http::Headers token = entra();
  for (int i = 0; i < 3; ++i) {  // Event Grid asks again after five seconds, perhaps with the same token
    EXPECT_EQ(ask("/grid", token, validation(R"({"validationCode":"C0DE"})"), "SubscriptionValidation").body,
              R"({"validationResponse":"C0DE"})");
    const Answer consent = options("WebHook-Request-Origin: eventgrid.azure.net\r\n");
    EXPECT_EQ(consent.status, 200);
    EXPECT_EQ(consent.headers.find_single("WebHook-Allowed-Origin"), "eventgrid.azure.net");
    EXPECT_EQ(consent.headers.find_single("WebHook-Allowed-Rate"), "*");
    EXPECT_EQ(consent.headers.find_single("Allow"), "POST");
    EXPECT_EQ(consent.body, "");
  }
  EXPECT_TRUE(received().empty()) << "the application never sees one";
}

TEST_F(EventGridForward, HostileValidationsGetNoCode) {
  const std::string good = R"({"validationCode":"C0DE"})";
  const std::string one = event("Microsoft.EventGrid.SubscriptionValidationEvent", good);
  const std::string other = event("Microsoft.Communication.IncomingCall", "{}");
  http::Headers twice = entra(), cloud = entra(), form = entra(), packed = entra();
  twice.add("aeg-event-type", "Notification");
  cloud.set("Content-Type", "application/cloudevents+json");
  form.set("Content-Type", "application/x-www-form-urlencoded");
  packed.add("Content-Encoding", "gzip");
  const struct {
    const char* name;
    http::Headers headers;
    std::string body;
    int status;
  } rows[] = {
      {"two of them", entra(), "[" + one + "," + one + "]", 400},
      {"an event beside it", entra(), "[" + one + "," + other + "]", 400},
      {"not in an array", entra(), one, 400},
      {"another event under its name", entra(), "[" + other + "]", 400},
      {"two kinds at once", twice, "[" + one + "]", 400},
      {"as a CloudEvent", cloud, "[" + one + "]", 400},
      {"as a form", form, "[" + one + "]", 415},
      {"compressed", packed, "[" + one + "]", 415},
      {"no code", entra(), validation("{}"), 400},
      {"a code of another type", entra(), validation(R"({"validationCode":["C0DE"]})"), 400},
      {"two codes", entra(), validation(R"({"validationCode":"C0DE","validationCode":"x"})"), 400},
      {"a code with markup in a line of its own", entra(), validation(R"({"validationCode":"\n<script>"})"),
       400},
      {"a code without end", entra(), validation(R"({"validationCode":")" + std::string(300, 'c') + "\"}"),
       400},
      {"another tenant", entra({{"tid", R"("00000000-3b7d-4a06-8c15-d2e47b90a6f3")"}}), "[" + one + "]", 401},
      {"another application", entra({{"appid", R"("00000000-9cdb-44cf-a8bf-237846a00ab7")"}}),
       "[" + one + "]", 401},
      {"without the role", entra({{"roles", "[]"}}), "[" + one + "]", 401},
      {"an old token", entra({{"exp", "1"}}), "[" + one + "]", 401}};
  for (const auto& row : rows) {
    const Answer answer = ask("/grid", row.headers, row.body, "SubscriptionValidation");
    EXPECT_EQ(answer.status, row.status) << row.name << " " << answer.body;
    EXPECT_EQ(answer.body.find("C0DE"), std::string::npos) << row.name;
  }
  EXPECT_TRUE(received().empty());
  // Named as what it is not, it is one event like any other: the application's to judge.
  EXPECT_EQ(ask("/grid", entra(), "[" + one + "]", "Notification").body, "");
  EXPECT_EQ(received().size(), 1U);
}

TEST_F(EventGridForward, ShadowModeAnswersNoHandshakeWithoutProof) {
  const std::string asked = validation(R"({"validationCode":"C0DE"})");
  const Answer answer =
      ask("/tryout", {{"Content-Type", "application/json"}}, asked, "SubscriptionValidation");
  EXPECT_EQ(answer.status, 202) << "the application's own";
  EXPECT_EQ(answer.body, "");
  const auto requests = received();
  ASSERT_EQ(requests.size(), 1U);
  EXPECT_EQ(requests[0].body, asked);
  EXPECT_EQ(requests[0].head.headers.find_single("Callgate-Shadow"), "token_missing");
  EXPECT_EQ(ask("/tryout", entra(), asked, "SubscriptionValidation").body,
            R"({"validationResponse":"C0DE"})");
}

TEST_F(EventGridForward, HostileRequestsForConsentGetNone) {
  const std::string origin = "WebHook-Request-Origin: eventgrid.azure.net\r\n";
  const struct {
    const char* name;
    Answer answer;
    int status;
  } rows[] = {{"no origin", options(""), 405},
              {"an empty one", options("WebHook-Request-Origin: \r\n"), 400},
              {"everybody", options("WebHook-Request-Origin: *\r\n"), 400},
              {"two", options(origin + origin), 400},
              {"a URL", options("WebHook-Request-Origin: https://eventgrid.azure.net\r\n"), 400},
              {"markup", options("WebHook-Request-Origin: <script>\r\n"), 400},
              {"a rate that is none", options(origin + "WebHook-Request-Rate: fast\r\n"), 400},
              {"no rate at all", options(origin + "WebHook-Request-Rate: 0\r\n"), 400},
              {"no secret",
               request(gateway_.address(), "OPTIONS /plain HTTP/1.1\r\nHost: t\r\n" + origin + "\r\n"), 403},
              {"no token",
               request(gateway_.address(), "OPTIONS /grid HTTP/1.1\r\nHost: t\r\n" + origin + "\r\n"), 401}};
  for (const auto& row : rows) {
    EXPECT_EQ(row.answer.status, row.status) << row.name;
    EXPECT_EQ(row.answer.headers.count("WebHook-Allowed-Origin"), 0U) << row.name;
  }
  EXPECT_TRUE(received().empty());
}

TEST_F(EventGridForward, NoAddressThatAHandshakeNamesIsAsked) {
  std::atomic<int> asked{0};
  LocalServer elsewhere([&asked](const std::shared_ptr<net::Exchange>& exchange) {
    ++asked;
    exchange->answer({200, {}, ""});
  });
  const std::string url = elsewhere.url() + "/validate?id=1";
  EXPECT_EQ(ask("/grid", entra(), validation(R"({"validationCode":"C0DE","validationUrl":")" + url + "\"}"),
                "SubscriptionValidation")
                .status,
            200);
  EXPECT_EQ(
      options("WebHook-Request-Origin: eventgrid.azure.net\r\nWebHook-Request-Callback: " + url + "\r\n")
          .status,
      200);
  gateway_.process().signal(SIGTERM);  // what it still had to do is done when it has gone
  EXPECT_EQ(gateway_.process().wait(), 0);
  EXPECT_EQ(asked, 0);
}

}  // namespace
}  // namespace callgate::e2e
