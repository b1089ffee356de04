// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/jose/key_set.hpp>

#include "test_signer.hpp"

namespace callgate::jose {
namespace {

KeySet set_of(const std::string& keys) {
  auto set = KeySet::parse("{\"keys\":[" + keys + "]}");
  EXPECT_TRUE(set) << (set ? "" : set.error().message);
  return std::move(*set);
}

TEST(KeySet, ThumbprintFollowsRfc7638) {
  // The example key of RFC 7638 section 3.1.
  const KeySet set = set_of(
      R"({"kty":"RSA","n":"0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw","e":"AQAB","alg":"RS256","kid":"2011-04-29"})");
  ASSERT_EQ(set.keys().size(), 1U);
  EXPECT_EQ(set.keys()[0].thumbprint(), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
  EXPECT_EQ(set.keys()[0].bits(), 2048);
  EXPECT_EQ(set.keys()[0].algorithm(), Algorithm::rs256);
}

TEST(KeySet, BrokenKeysAreSkippedWithoutLosingTheRest) {
  const TestSigner good = TestSigner::rsa();
  const TestSigner ec = TestSigner::ec("P-256");
  const struct {
    std::string jwk;
    const char* why;
  } broken[] = {
      {"null", "object"},
      {"1", "object"},
      {R"({"kty":"oct","k":"c2VjcmV0","kid":"x"})", "private"},
      {R"({"kty":"AKP","kid":"x"})", "key type"},
      {R"({"kty":"RSA","kid":"x","n":"AQAB"})", "'e'"},
      {R"({"kty":"RSA","kid":"x","n":5,"e":"AQAB"})", "'n' is not a string"},
      {R"({"kty":"RSA","kid":"x","n":"AQ+B","e":"AQAB"})", "base64url"},
      {TestSigner::rsa(1024).jwk("x"), "1024 bits"},
      {good.jwk("x", R"(,"use":"enc")"), "use"},
      {good.jwk("x", R"(,"key_ops":["sign"])"), "key_ops"},
      {good.jwk("x", R"(,"d":"AQAB")"), "private"},
      {good.jwk("x", R"(,"alg":"HS256")"), "alg"},
      {good.jwk("x", R"(,"alg":"ES256")"), "alg"},
      {ec.jwk("x", R"(,"alg":"ES384")"), "alg"},
      {R"({"kty":"EC","kid":"x","crv":"P-256","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE","y":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAE"})",
       "curve"},
      {R"({"kty":"EC","kid":"x","crv":"P-256","x":"AQ","y":"AQ"})", "width"},
      {R"({"kty":"EC","kid":"x","crv":"secp256k1","x":"AQ","y":"AQ"})", "curve"},
      {R"({"kty":"OKP","kid":"x","crv":"Ed25519","x":"AQ"})", "32 bytes"},
      {R"({"kty":"OKP","kid":"x","crv":"X25519","x":"AQ"})", "curve"},
  };
  for (const auto& b : broken) {
    const KeySet set = set_of(b.jwk + "," + good.jwk("good"));
    EXPECT_EQ(set.keys().size(), 1U) << b.jwk;
    EXPECT_NE(set.find("good"), nullptr);
    ASSERT_EQ(set.skipped().size(), 1U) << b.jwk;
    EXPECT_NE(set.skipped()[0].why.find(b.why), std::string::npos) << set.skipped()[0].why;
  }
}

TEST(KeySet, ExponentMustBeOddAndSmall) {
  const std::string jwk = TestSigner::rsa().jwk("x");
  const std::size_t e = jwk.find("\"e\":\"") + 5;
  for (const char* exponent : {"AQ", "Ag", "AQAA", "AQAAAAE"}) {  // 1, 2, 65536, 2^32 + 1
    const KeySet set = set_of(jwk.substr(0, e) + exponent + "\"}");
    EXPECT_TRUE(set.keys().empty()) << exponent;
  }
  EXPECT_EQ(set_of(jwk.substr(0, e) + "Aw\"}").keys().size(), 1U);
}

TEST(KeySet, TwoKeysWithOneKidAreBothSkipped) {
  const KeySet set = set_of(TestSigner::rsa().jwk("k") + "," + TestSigner::ec("P-256").jwk("k"));
  EXPECT_TRUE(set.keys().empty());
  EXPECT_EQ(set.skipped().size(), 2U);
}

TEST(KeySet, FailsOnlyWhenTheDocumentIsNoKeySet) {
  for (const char* text : {"", "<html>", "[]", "{}", R"({"keys":{}})", R"({"keys":[],"keys":[]})"}) {
    EXPECT_FALSE(KeySet::parse(text)) << text;
  }
  EXPECT_TRUE(set_of("").keys().empty());
  EXPECT_FALSE(KeySet::parse(R"({"keys":[1,2]})", {.keys_max = 1}));
  EXPECT_FALSE(KeySet::parse(R"({"keys":[]})", {.bytes_max = 5}));
}

}  // namespace
}  // namespace callgate::jose
