// SPDX-License-Identifier: Apache-2.0
// The example web services, which judge with the library in their own process.
#include <gtest/gtest.h>

#include <chrono>
#include <ostream>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

using namespace std::chrono_literals;

struct Example {
  const char* name;
  const char* program;
};
void PrintTo(const Example& example, std::ostream* out) {
  *out << example.name;
}

class Service {
 public:
  Service(const Example& example, const TestIssuer& issuer)
      : process_(example.program, {kAudience, "0", issuer.url()}) {
    const auto line = process_.wait_for_line(std::string(example.name) + " ready ");
    if (line) address_ = value_of(*line, "listen");
    EXPECT_TRUE(line) << process_.errors();
  }

  const std::string& address() const { return address_; }
  Answer callback(const std::string& token, const std::string& body = event_body()) const {
    return post(address_, kPath, bearer(token), body);
  }
  // Sends good callbacks until one is let in; the last answer.
  Answer callback_until_200(const TestIssuer& issuer) const {
    const auto deadline = std::chrono::steady_clock::now() + 20s;
    Answer answer = callback(issuer.token());
    while (answer.status != 200 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
      answer = callback(issuer.token());
    }
    return answer;
  }

 private:
  Process process_;
  std::string address_;
};

class Examples : public testing::TestWithParam<Example> {};
INSTANTIATE_TEST_SUITE_P(Webhook, Examples,
                         testing::Values(Example{"webhook-httplib", CALLGATE_EXAMPLE_HTTPLIB},
                                         Example{"webhook-beast", CALLGATE_EXAMPLE_BEAST}),
                         [](const auto& example) {
                           return std::string(example.param.name).substr(sizeof "webhook-" - 1);
                         });

TEST_P(Examples, LetsInOnlyTheGenuine) {
  const TestIssuer issuer;
  const Service service(GetParam(), issuer);
  const Answer good = service.callback_until_200(issuer);
  EXPECT_EQ(good.status, 200);
  EXPECT_EQ(good.body, R"({"success":true})");

  EXPECT_EQ(post(service.address(), kPath, {{"Content-Type", "application/json"}}, event_body()).status, 401);
  EXPECT_EQ(service.callback("").status, 401);
  EXPECT_EQ(service.callback(issuer.token({{"aud", R"("other")"}})).status, 401);
  EXPECT_EQ(service.callback(issuer.token({{"iss", R"("https://evil.test")"}})).status, 401);
  EXPECT_EQ(service.callback(issuer.token({{"exp", std::to_string(now_seconds() - 60)}})).status, 401);
  EXPECT_EQ(service.callback(issuer.token({{"exp", "-"}})).status, 401);
  const std::string token = issuer.token();
  EXPECT_EQ(service.callback(token.substr(0, token.find_last_of('.') + 1) + std::string(342, 'A')).status,
            401);
  EXPECT_EQ(post(service.address(), kPath,
                 {{"Authorization", "Bearer " + token}, {"Authorization", "Bearer " + token}}, event_body())
                .status,
            401)
      << "both fields must reach the verdict";

  EXPECT_EQ(service.callback(token, "{").status, 400);
  EXPECT_EQ(service.callback(token, "").status, 400);
  EXPECT_EQ(service.callback("no.token", "{").status, 401) << "a stranger's body is not looked at";
  EXPECT_EQ(get(service.address(), "/").status, 404);
  EXPECT_EQ(service.callback(token).status, 200) << "and still serves";
}

TEST_P(Examples, AnswersRetryLaterWithoutKeysAndHealsByItself) {
  TestIssuer issuer;
  issuer.set_down(true);
  const Service service(GetParam(), issuer);
  EXPECT_EQ(service.callback(issuer.token()).status, 503);
  EXPECT_EQ(service.callback("no.token").status, 401) << "a hopeless token is no reason to try again";
  issuer.set_down(false);
  EXPECT_EQ(service.callback_until_200(issuer).status, 200);
}

TEST_P(Examples, PicksUpARotatedKey) {
  TestIssuer issuer;
  const Service service(GetParam(), issuer);
  ASSERT_EQ(service.callback_until_200(issuer).status, 200);
  issuer.rotate();
  EXPECT_EQ(service.callback(issuer.token()).status, 401) << "not known yet";
  EXPECT_EQ(service.callback_until_200(issuer).status, 200);
}

TEST_P(Examples, AFloodOfUnknownKidsCausesOneFetch) {
  const TestIssuer issuer;
  const Service service(GetParam(), issuer);
  ASSERT_EQ(service.callback_until_200(issuer).status, 200);
  for (int i = 0; i < 200; ++i) {
    const std::string header = R"({"alg":"RS256","kid":"k)" + std::to_string(i) + "\"}";
    EXPECT_EQ(service.callback(issuer.token_with_header(header)).status, 401);
  }
  EXPECT_LE(issuer.fetches(), 2) << "the one at start, and one forced";
}

TEST_P(Examples, RefusesABodyPastItsLimit) {
  const TestIssuer issuer;
  const Service service(GetParam(), issuer);
  ASSERT_EQ(service.callback_until_200(issuer).status, 200);
  constexpr std::size_t kLimit = std::size_t{1} << 20;
  const auto padded = [](std::size_t size) {
    return event_body() + std::string(size - event_body().size(), ' ');
  };
  EXPECT_EQ(service.callback(issuer.token(), padded(kLimit)).status, 200);
  EXPECT_NE(service.callback(issuer.token(), padded(kLimit + 1)).status, 200);
}

TEST_P(Examples, SaysHowItIsUsed) {
  Process process(GetParam().program, {});
  EXPECT_EQ(process.wait(), 2);
  EXPECT_TRUE(process.wait_for_error_text("usage: " + std::string(GetParam().name) + " AUDIENCE"));
}

}  // namespace
}  // namespace callgate::e2e
