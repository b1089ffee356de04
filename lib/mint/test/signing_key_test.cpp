// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <array>
#include <callgate/digest/base64.hpp>
#include <callgate/json/document.hpp>
#include <callgate/mint/signing_key.hpp>
#include <memory>

namespace callgate::mint {
namespace {

const SigningKey& test_key() {
  static const SigningKey key = SigningKey::generate_rsa(2048, "first").value();
  return key;
}

bool verifies(const std::string& pem, std::string_view text, std::string_view signature) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  if (key == nullptr ||
      EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, key.get(), nullptr) != 1) {
    return false;
  }
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(), reinterpret_cast<const unsigned char*>(text.data()),
                          text.size()) == 1;
}

std::string hmac(std::string_view secret, std::string_view text) {
  std::array<unsigned char, 32> mac{};
  EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(),
            reinterpret_cast<const unsigned char*>(text.data()), text.size(), mac.data(), mac.size(),
            nullptr);
  return {reinterpret_cast<const char*>(mac.data()), mac.size()};
}

TEST(SigningKey, SignatureHoldsForItsTextOnly) {
  const std::string signature = test_key().sign_rs256("text");
  EXPECT_EQ(signature.size(), 256U);
  EXPECT_TRUE(verifies(test_key().public_pem(), "text", signature));
  EXPECT_FALSE(verifies(test_key().public_pem(), "texT", signature));
  EXPECT_TRUE(verifies(test_key().public_pem(), "", test_key().sign_rs256("")));
}

TEST(SigningKey, JwkHoldsThePublicHalfAlone) {
  const auto jwk = json::parse(test_key().public_jwk());
  ASSERT_TRUE(jwk);
  const json::Value root = jwk->root();
  EXPECT_EQ(root.size(), 6U);
  EXPECT_EQ(root.find("kty")->as_string(), "RSA");
  EXPECT_EQ(root.find("use")->as_string(), "sig");
  EXPECT_EQ(root.find("alg")->as_string(), "RS256");
  EXPECT_EQ(root.find("kid")->as_string(), "first");
  EXPECT_EQ(root.find("e")->as_string(), "AQAB");
  const auto modulus = digest::decode_base64url(*root.find("n")->as_string());
  ASSERT_TRUE(modulus);
  EXPECT_EQ(modulus->size(), 256U);
  EXPECT_NE(modulus->front(), '\0');
}

TEST(SigningKey, BitsAreBounded) {
  EXPECT_FALSE(SigningKey::generate_rsa(511));
  EXPECT_FALSE(SigningKey::generate_rsa(16385));
  EXPECT_FALSE(SigningKey::generate_rsa(-1));
  const auto small = SigningKey::generate_rsa(512);
  ASSERT_TRUE(small);
  EXPECT_EQ(small->sign_rs256("text").size(), 64U);
}

TEST(SigningKey, KidIsRandomUnlessGiven) {
  const auto one = SigningKey::generate_rsa(512);
  const auto other = SigningKey::generate_rsa(512);
  EXPECT_EQ(one->kid().size(), 36U);
  EXPECT_NE(one->kid(), other->kid());
}

TEST(SignToken, TakesHeaderAndClaimsAsTheyAre) {
  const std::string token = sign_token(test_key(), "{\"alg\":1}", "not json");
  const std::size_t last = token.rfind('.');
  EXPECT_EQ(token.substr(0, last),
            digest::encode_base64url("{\"alg\":1}") + "." + digest::encode_base64url("not json"));
  const auto signature = digest::decode_base64url(std::string_view(token).substr(last + 1));
  ASSERT_TRUE(signature);
  EXPECT_TRUE(verifies(test_key().public_pem(), token.substr(0, last), *signature));
}

TEST(SignToken, Hs256UsesTheSecret) {
  const std::string token = sign_token_hs256("secret", "{}", "{}");
  const std::size_t last = token.rfind('.');
  EXPECT_EQ(digest::decode_base64url(std::string_view(token).substr(last + 1)),
            hmac("secret", token.substr(0, last)));
}

TEST(KeySet, ListsKeysInTheOrderGiven) {
  const std::array<SigningKey, 2> keys{test_key(), SigningKey::generate_rsa(512, "second").value()};
  const std::string text = key_set(keys.data(), keys.size());
  const auto document = json::parse(text);
  ASSERT_TRUE(document);
  const auto listed = document->root().find("keys")->elements();
  ASSERT_EQ(listed.size(), 2U);
  EXPECT_EQ(listed[0].find("kid")->as_string(), "first");
  EXPECT_EQ(listed[1].find("kid")->as_string(), "second");
  EXPECT_EQ(key_set(nullptr, 0), R"({"keys":[]})");
}

}  // namespace
}  // namespace callgate::mint
