// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/jose/key_set.hpp>
#include <callgate/jose/verify.hpp>

#include <thread>

#include "signature.hpp"
#include "test_signer.hpp"

namespace callgate::jose {
namespace {

using refusal::Reason;

constexpr AlgorithmSet kAll{Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256,
                            Algorithm::ps384, Algorithm::ps512, Algorithm::es256, Algorithm::es384,
                            Algorithm::es512, Algorithm::eddsa};

struct Signer {
  TestSigner signer;
  std::vector<Algorithm> algorithms;
};

const std::vector<Signer>& signers() {
  static const std::vector<Signer> all{
      {TestSigner::rsa(),
       {Algorithm::rs256, Algorithm::rs384, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384,
        Algorithm::ps512}},
      {TestSigner::ec("P-256"), {Algorithm::es256}},
      {TestSigner::ec("P-384"), {Algorithm::es384}},
      {TestSigner::ec("P-521"), {Algorithm::es512}},
      {TestSigner::ed25519(), {Algorithm::eddsa}},
  };
  return all;
}

Key key_of(const TestSigner& signer, const std::string& more = {}) {
  auto document = json::parse(signer.jwk("k", more));
  auto key = Key::parse(document->root());
  EXPECT_TRUE(key) << (key ? "" : key.error().why);
  return *key;
}

CompactToken parsed(const std::string& text) {
  auto token = CompactToken::parse(text, kAll);
  EXPECT_TRUE(token) << (token ? "" : token.error().detail);
  return std::move(*token);
}

TEST(Verify, OpensThePayloadOfEveryAlgorithm) {
  for (const Signer& s : signers()) {
    const Key key = key_of(s.signer);
    for (const Algorithm algorithm : s.algorithms) {
      const auto payload = verify(parsed(s.signer.token(algorithm, "k", R"({"a":1})")), key);
      ASSERT_TRUE(payload) << to_text(algorithm) << payload.error().detail;
      EXPECT_EQ(payload->text(), R"({"a":1})");
      EXPECT_EQ(payload->algorithm(), algorithm);
    }
  }
}

TEST(Verify, EveryChangedBitOfTheSignatureFails) {
  for (const Signer& s : signers()) {
    const Key key = key_of(s.signer);
    const std::string token = s.signer.token(s.algorithms.front(), "k", "{}");
    const std::size_t dot = token.rfind('.');
    const std::string signature = *digest::decode_base64url(token.substr(dot + 1));
    for (std::size_t bit = 0; bit < signature.size() * 8; bit += 7) {
      std::string changed = signature;
      changed[bit / 8] = static_cast<char>(changed[bit / 8] ^ (1 << (bit % 8)));
      const auto verdict = verify(parsed(token.substr(0, dot + 1) + digest::encode_base64url(changed)), key);
      ASSERT_FALSE(verdict) << to_text(s.algorithms.front()) << " bit " << bit;
      EXPECT_EQ(verdict.error().reason, Reason::signature_invalid);
    }
  }
}

TEST(Verify, SignaturesOfOtherLengthsFail) {
  for (const Signer& s : signers()) {
    const Key key = key_of(s.signer);
    const std::string token = s.signer.token(s.algorithms.front(), "k", "{}");
    const std::size_t dot = token.rfind('.');
    const std::string signature = *digest::decode_base64url(token.substr(dot + 1));
    for (const std::string& changed :
         {std::string(), signature.substr(1), signature.substr(0, signature.size() - 1), signature + '\0',
          std::string(1, '\0') + signature, std::string(signature.size(), '\0'), std::string(8000, 'x')}) {
      EXPECT_FALSE(verify(parsed(token.substr(0, dot + 1) + digest::encode_base64url(changed)), key));
    }
  }
}

TEST(Verify, TheKeyMustFitTheAlgorithmRow) {
  const TestSigner rsa = TestSigner::rsa();
  const struct {
    Key key;
    Algorithm algorithm;
  } misfits[] = {
      {key_of(TestSigner::ec("P-256")), Algorithm::rs256},
      {key_of(rsa, R"(,"alg":"RS256")"), Algorithm::ps256},
      {key_of(rsa, R"(,"alg":"RS512")"), Algorithm::rs256},
      {key_of(rsa), Algorithm::es256},
      {key_of(rsa), Algorithm::eddsa},
  };
  for (const auto& m : misfits) {
    const std::string head = R"({"kid":"k","alg":")" + std::string(to_text(m.algorithm)) + "\"}";
    const auto verdict = verify(parsed(digest::encode_base64url(head) + ".e30.c2ln"), m.key);
    ASSERT_FALSE(verdict);
    EXPECT_EQ(verdict.error().reason, Reason::key_unsuitable);
  }
}

// verify() asks the key before; should it ever forget to, nothing holds all the same.
TEST(Signature, NeverHoldsWithAKeyOfAnotherKind) {
  for (const Signer& s : signers()) {
    const Key key = key_of(s.signer);
    for (int i = 0; i < kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      if (!key.misfit(algorithm)) continue;
      for (const std::size_t size : {32U, 48U, 64U, 66U, 96U, 132U, 256U}) {
        EXPECT_FALSE(signature_holds(key, algorithm, "text", std::string(size, 'x')))
            << to_text(key.type()) << " " << to_text(algorithm);
      }
    }
  }
}

TEST(Verify, GoodAndBadInTurnOnSeveralThreadsNeverMix) {
  std::vector<std::thread> threads;
  std::atomic<int> wrong{0};
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 30; ++round) {
        for (const Signer& s : signers()) {
          static const TestSigner stranger = TestSigner::rsa();
          const Key key = key_of(s.signer);
          const CompactToken good = parsed(s.signer.token(s.algorithms.front(), "k", "{}"));
          const CompactToken bad = parsed(stranger.token(Algorithm::rs256, "k", "{}"));
          wrong += verify(good, key) ? 0 : 1;
          wrong += verify(bad, key) ? 1 : 0;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(wrong, 0);
}

}  // namespace
}  // namespace callgate::jose
