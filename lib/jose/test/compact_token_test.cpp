// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/digest/base64.hpp>
#include <callgate/jose/compact_token.hpp>

#include <sstream>

namespace callgate::jose {
namespace {

using refusal::Reason;

constexpr AlgorithmSet kRs256{Algorithm::rs256};

std::string with_header(const std::string& header) {
  return digest::encode_base64url(header) + "." + digest::encode_base64url("{}") + ".c2ln";
}

TEST(CompactToken, ReadsAGoodHeader) {
  for (const char* header :
       {R"({"alg":"RS256","kid":"k"})", R"({"alg":"RS256","kid":"k","typ":"JWT"})",
        R"({"alg":"RS256","kid":"k","typ":"application/JWT"})",
        R"({"alg":"RS256","kid":"k","typ":"jwt","jku":"https://evil.test","x5c":[1],"n":1e309})"}) {
    const auto token = CompactToken::parse(with_header(header), kRs256);
    ASSERT_TRUE(token) << header << token.error().detail;
    EXPECT_EQ(token->kid(), "k");
    EXPECT_EQ(token->algorithm(), Algorithm::rs256);
  }
}

TEST(CompactToken, RefusesEveryOtherHeaderWithItsReason) {
  struct Case {
    const char* header;
    Reason reason;
  } const cases[] = {
      {"", Reason::token_malformed},
      {"[]", Reason::token_malformed},
      {"\"RS256\"", Reason::token_malformed},
      {R"({"kid":"k"})", Reason::token_malformed},
      {R"({"alg":null,"kid":"k"})", Reason::token_malformed},
      {R"({"alg":["RS256"],"kid":"k"})", Reason::token_malformed},
      {R"({"alg":"RS256"})", Reason::token_malformed},
      {R"({"alg":"RS256","kid":7})", Reason::token_malformed},
      {R"({"alg":"RS256","kid":"k","kid":"k"})", Reason::token_malformed},
      {R"({"alg":"RS256","alg":"none","kid":"k"})", Reason::token_malformed},
      {R"({"alg":"RS256","kid":"k","typ":1})", Reason::token_malformed},
      {"\xEF\xBB\xBF{\"alg\":\"RS256\",\"kid\":\"k\"}", Reason::token_malformed},
      {R"({"alg":"RS256","kid":"k"}x)", Reason::token_malformed},
      {R"({"alg":"none"})", Reason::algorithm_not_allowed},
      {R"({"alg":"None","kid":"k"})", Reason::algorithm_not_allowed},
      {R"({"alg":"HS256","kid":"k"})", Reason::algorithm_not_allowed},
      {R"({"alg":"rs256","kid":"k"})", Reason::algorithm_not_allowed},
      {R"({"alg":"ES256","kid":"k"})", Reason::algorithm_not_allowed},
      {R"({"alg":"","kid":"k"})", Reason::algorithm_not_allowed},
      {R"({"alg":"RS256","kid":"k","typ":"at+jwt"})", Reason::token_type_unexpected},
      {R"({"alg":"RS256","kid":"k","typ":"secevent+jwt"})", Reason::token_type_unexpected},
      {R"({"alg":"RS256","kid":"k","typ":""})", Reason::token_type_unexpected},
      {R"({"alg":"RS256","kid":"k","cty":"JWT"})", Reason::token_type_unexpected},
      {R"({"alg":"RS256","kid":"k","crit":["exp"]})", Reason::critical_header_unsupported},
      {R"({"alg":"RS256","kid":"k","crit":[]})", Reason::critical_header_unsupported},
      {R"({"alg":"RS256","kid":"k","b64":true})", Reason::critical_header_unsupported},
  };
  for (const auto& c : cases) {
    const auto token = CompactToken::parse(with_header(c.header), kRs256);
    ASSERT_FALSE(token) << c.header;
    EXPECT_EQ(token.error().reason, c.reason) << c.header << ": " << refusal::to_text(token.error().reason);
  }
}

TEST(CompactToken, RefusesEveryOtherShape) {
  const std::string good = with_header(R"({"alg":"RS256","kid":"k"})");
  const std::string header = good.substr(0, good.find('.'));
  for (const std::string& text :
       {std::string(), std::string("a"), header + ".e30", good + ".", good + ".e30", "." + good,
        header + "..c2ln=", header + ".e30=.c2ln", header + ".e30.c2l", header + ".e31.c2ln", " " + good,
        good + "\n", std::string("{\"payload\":\"e30\",\"signature\":\"c2ln\"}"), std::string(10'000, '.')}) {
    const auto token = CompactToken::parse(text, kRs256);
    ASSERT_FALSE(token) << text;
    EXPECT_EQ(token.error().reason, Reason::token_malformed) << text;
  }
}

TEST(CompactToken, HoldsItsSizeLimitOneStepPast) {
  std::string text = with_header(R"({"alg":"RS256","kid":"k"})");
  text += std::string(kTokenBytesMax - text.size(), 'A');
  const auto fits = CompactToken::parse(text, kRs256);
  EXPECT_TRUE(fits || fits.error().reason == Reason::token_malformed);
  const auto past = CompactToken::parse(text + "A", kRs256);
  ASSERT_FALSE(past);
  EXPECT_EQ(past.error().reason, Reason::token_too_large);
}

TEST(CompactToken, PrintsRedacted) {
  std::ostringstream out;
  out << *CompactToken::parse(with_header(R"({"alg":"RS256","kid":"k"})"), kRs256);
  EXPECT_EQ(out.str(), "[token redacted]");
}

TEST(TokenInspection, ReadsAsFarAsItGoes) {
  const auto whole = TokenInspection::of(with_header(R"({"alg":"none"})"));
  EXPECT_EQ(whole.unverified_header(), R"({"alg":"none"})");
  EXPECT_EQ(whole.unverified_payload(), "{}");
  EXPECT_EQ(whole.segments(), 3U);
  const auto broken = TokenInspection::of("!!!." + digest::encode_base64url(R"({"iss":"x"})"));
  EXPECT_EQ(broken.unverified_header(), "");
  EXPECT_EQ(broken.unverified_payload(), R"({"iss":"x"})");
  EXPECT_EQ(TokenInspection::of("").segments(), 0U);
}

}  // namespace
}  // namespace callgate::jose
