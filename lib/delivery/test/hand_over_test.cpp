// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/delivery/hand_over.hpp>
#include <callgate/digest/base64.hpp>
#include <sstream>

namespace callgate::delivery {
namespace {

using namespace std::chrono_literals;

// The example of the specification (standard-webhooks, spec/standard-webhooks.md and the tests of its
// libraries).
constexpr const char* kSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
constexpr const char* kOther = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD";

std::string secret_of(std::size_t bytes) {
  return "whsec_" + digest::encode_base64(std::string(bytes, 'k'));
}

Stored stored_event() {
  Stored stored;
  stored.number = 7;
  stored.passage = {.route = "/api/callback",
                    .request_id = "r-1",
                    .method = "POST",
                    .target = "/api/callback?a=b",
                    .fields = {{"content-type", "application/cloudevents+json"}, {"traceparent", "00-a"}},
                    .received_at = base::WallTime{1'790'000'000s + 123'456us}};
  stored.verdict.provider = "call-automation";
  stored.verdict.key_id = "key 1";
  stored.verdict.issuer = "https://issuer.test";
  stored.verdict.audience = "aud\r\nX: y";
  stored.verdict.claims = R"({"iss":"https://issuer.test"})";
  stored.event = {.key = "evt_0", .call = "c", .id = "1", .type = "T", .body = "{\"a\":1}\n"};
  return stored;
}

std::string value(const http::Request& request, const char* name) {
  EXPECT_LE(request.head.headers.count(name), 1U) << name;
  return std::string(request.head.headers.find(name).value_or("-"));
}

TEST(SigningSecret, TakesTheFormOfStandardWebhooks) {
  EXPECT_EQ(parse_signing_secret(secret_of(24))->reveal(), std::string(24, 'k'));
  EXPECT_EQ(parse_signing_secret(secret_of(64))->reveal(), std::string(64, 'k'));
  EXPECT_EQ(parse_signing_secret("\t" + secret_of(32) + "\r\n")->reveal(), std::string(32, 'k'));
}

TEST(SigningSecret, EveryOtherTextIsAnErrorThatSaysWhatIsWrongAndKeepsTheSecret) {
  const struct {
    std::string text;
    const char* says;
  } rows[] = {{"", "is empty"},
              {" \n", "is empty"},
              {"MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin with \"whsec_\""},
              {"WHSEC_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "does not begin with \"whsec_\""},
              {"whsec_MfKQ9r8GKYqr\nTwjUPD8ILPZIo2LaLaSw", "white space within"},
              {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS", "is not base64"},
              {"whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaS-", "is not base64"},
              {"whsec_", "holds 0 bytes, not 24 to 64"},
              {secret_of(23), "holds 23 bytes, not 24 to 64"},
              {secret_of(65), "holds 65 bytes, not 24 to 64"}};
  for (const auto& row : rows) {
    const auto parsed = parse_signing_secret(row.text);
    ASSERT_FALSE(parsed) << row.text;
    EXPECT_NE(parsed.error().message.find(row.says), std::string::npos) << parsed.error().message;
    EXPECT_EQ(parsed.error().message.find("MfKQ9r8"), std::string::npos);
    EXPECT_NE(parsed.error().message.find("openssl rand"), std::string::npos);
  }
  std::ostringstream out;
  out << *parse_signing_secret(kSecret);
  EXPECT_EQ(out.str(), "[redacted]");
}

TEST(Sign, GivesTheSignatureOfTheSpecification) {
  const std::vector<SigningSecret> one{*parse_signing_secret(kSecret)};
  const base::WallTime at{1'614'265'330s + 999'999us};
  EXPECT_EQ(sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, R"({"test": 2432232314})", one),
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
  EXPECT_EQ(sign("x", at, "", {}), "");
}

TEST(Sign, WithTwoSecretsGivesBothSignatures) {
  const std::vector<SigningSecret> both{*parse_signing_secret(kSecret), *parse_signing_secret(kOther)};
  const std::vector<SigningSecret> second{both[1]};
  const base::WallTime at{1'614'265'330s};
  EXPECT_EQ(sign("i", at, "b", both),
            sign("i", at, "b", std::span(both).first(1)) + " " + sign("i", at, "b", second));
}

TEST(HandOver, CarriesWhatCameAndWhatWasProven) {
  const http::Request request = hand_over(stored_event(), 3, base::WallTime{1'800'000'000s}, {});
  EXPECT_EQ(request.head.method, "POST");
  EXPECT_EQ(request.head.target, "/api/callback?a=b");
  EXPECT_EQ(request.body, "{\"a\":1}\n");
  const std::pair<const char*, const char*> rows[] = {{"content-type", "application/cloudevents+json"},
                                                      {"traceparent", "00-a"},
                                                      {"Callgate-Request-Id", "r-1"},
                                                      {"Callgate-Received-At", "2026-09-21T14:13:20.123Z"},
                                                      {"Callgate-Provider", "call-automation"},
                                                      {"Callgate-Issuer", "https://issuer.test"},
                                                      {"Callgate-Audience", "aud%0D%0AX:%20y"},
                                                      {"Callgate-Subject", "-"},
                                                      {"Callgate-Key-Id", "key%201"},
                                                      {"Callgate-Attempt", "3"},
                                                      {"webhook-id", "-"},
                                                      {"webhook-timestamp", "-"},
                                                      {"webhook-signature", "-"}};
  for (const auto& [name, expected] : rows) EXPECT_EQ(value(request, name), expected) << name;
  EXPECT_EQ(request.head.headers.fields().size(), 9U);
}

TEST(HandOver, NamesASubjectIfThereIsOne) {
  Stored stored = stored_event();
  stored.verdict.subject = "me";
  EXPECT_EQ(value(hand_over(stored, 1, {}, {}), "Callgate-Subject"), "me");
}

TEST(HandOver, WithoutATokenVouchesForTheRequestAlone) {
  Stored stored = stored_event();
  stored.verdict = {};
  const http::Request request = hand_over(stored, 1, {}, {});
  EXPECT_EQ(value(request, "Callgate-Request-Id"), "r-1");
  for (const char* name : {"Callgate-Provider", "Callgate-Issuer", "Callgate-Audience", "Callgate-Key-Id"})
    EXPECT_EQ(value(request, name), "-") << name;
}

TEST(HandOver, IsSignedAnewOnEachTryUnderTheSameName) {
  const std::vector<SigningSecret> secrets{*parse_signing_secret(kSecret)};
  const base::WallTime first{1'800'000'000s + 5ms}, later = first + 24h;
  const http::Request one = hand_over(stored_event(), 1, first, secrets);
  const http::Request two = hand_over(stored_event(), 2, later, secrets);
  EXPECT_EQ(value(one, "webhook-id"), "evt_0");
  EXPECT_EQ(value(two, "webhook-id"), "evt_0");
  EXPECT_EQ(value(one, "webhook-timestamp"), "1800000000");
  EXPECT_EQ(value(two, "webhook-timestamp"), "1800086400");
  EXPECT_EQ(value(one, "webhook-signature"), sign("evt_0", first, one.body, secrets));
  EXPECT_EQ(value(two, "webhook-signature"), sign("evt_0", later, two.body, secrets));
  EXPECT_NE(value(one, "webhook-signature"), value(two, "webhook-signature"));
}

}  // namespace
}  // namespace callgate::delivery
