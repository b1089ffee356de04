// SPDX-License-Identifier: Apache-2.0
// Good and bad tokens of every family of algorithms, alternating, judged by eight threads at once over one
// key set: no verdict may ever be wrong (rule N30). CALLGATE_SCALE percent of a million verdicts.

#include <gtest/gtest.h>

#include <atomic>
#include <callgate/gate/column.hpp>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <thread>

#include "test_signer.hpp"

namespace callgate::gate {
namespace {

using jose::Algorithm;
using jose::TestSigner;
using refusal::Reason;

constexpr std::size_t kThreads = 8;
constexpr std::size_t kTogether = 10;
constexpr std::int64_t kNowSeconds = 1'800'000'000;
constexpr base::WallTime kNow{std::chrono::seconds{kNowSeconds}};

struct Case {
  http::Headers headers;
  std::optional<Reason> refused_for;  // nothing: admitted
};

std::string claims(const char* audience, std::int64_t expires_at) {
  return R"({"iss":"https://issuer.test","aud":")" + std::string(audience) + R"(","iat":)" +
         std::to_string(expires_at - 300) + R"(,"exp":)" + std::to_string(expires_at) + "}";
}

http::Headers bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}};
}

// The token with one bit of its signature, or of its claims, changed.
std::string with_changed_signature(std::string token) {
  char& letter = token[token.rfind('.') + 11];
  letter = letter == 'A' ? 'B' : 'A';
  return token;
}
std::string with_changed_claims(std::string token) {
  const std::string other = digest::encode_base64url(claims("ours", kNowSeconds + 201));
  const std::size_t first = token.find('.') + 1;
  return token.replace(first, token.rfind('.') - first, other);
}

class VerdictsUnderThreads : public ::testing::Test {
 protected:
  void SetUp() override {
    provider_.rules.issuer = "https://issuer.test";
    provider_.rules.audiences = {"ours"};
    add_family(TestSigner::rsa(), {Algorithm::rs256, Algorithm::rs512, Algorithm::ps256, Algorithm::ps384});
    add_family(TestSigner::ec("P-256"), {Algorithm::es256});
    add_family(TestSigner::ec("P-384"), {Algorithm::es384});
    add_family(TestSigner::ed25519(), {Algorithm::eddsa});
    auto set = jose::KeySet::parse(R"({"keys":[)" + jwks_ + "]}");
    ASSERT_TRUE(set) << set.error().message;
    keys_ = std::move(*set);
  }

  // Every second case is good: one thread must not profit from what the call before it left behind.
  void add_family(const TestSigner& signer, std::initializer_list<Algorithm> algorithms) {
    const std::string kid = "key-" + std::to_string(cases_.size());
    jwks_ += (jwks_.empty() ? "" : ",") + signer.jwk(kid);
    for (const Algorithm algorithm : algorithms) {
      provider_.algorithms.add(algorithm);
      const std::string good = signer.token(algorithm, kid, claims("ours", kNowSeconds + 200));
      const auto add = [&](const std::string& token, Reason reason) {
        cases_.push_back({bearer(good), std::nullopt});
        cases_.push_back({bearer(token), reason});
      };
      add(with_changed_signature(good), Reason::signature_invalid);
      add(with_changed_claims(good), Reason::signature_invalid);
      add(signer.token(algorithm, kid, claims("ours", kNowSeconds - 31)), Reason::token_expired);
      add(signer.token(algorithm, kid, claims("theirs", kNowSeconds + 200)), Reason::audience_mismatch);
      add(signer.token(algorithm, "nobody's", claims("ours", kNowSeconds + 200)), Reason::key_unknown);
    }
  }

  // How many of `count` verdicts, begun at case `start`, are wrong.
  std::size_t judge_one_by_one(std::size_t start, std::size_t count) const {
    std::size_t wrong = 0;
    for (std::size_t i = start; i < start + count; ++i) {
      const Case& one = cases_[i % cases_.size()];
      const auto verdict = judge(one.headers, kEvent, provider_, &keys_, kNow);
      const std::optional<Reason> found = verdict ? std::nullopt : std::optional(verdict.error().reason);
      if (found != one.refused_for) ++wrong;
    }
    return wrong;
  }

  // The same, with the signatures of several tokens checked together.
  std::size_t judge_together(std::size_t start, std::size_t count) const {
    std::size_t wrong = 0;
    for (std::size_t i = start; i < start + count; i += kTogether) {
      std::vector<const http::Headers*> requests;
      for (std::size_t k = 0; k < kTogether; ++k)
        requests.push_back(&cases_[(i + k) % cases_.size()].headers);
      const auto steps = judge_tokens(requests, provider_, &keys_, kNow);
      for (std::size_t k = 0; k < steps.size(); ++k) {
        if (reason_of(steps[k]) != cases_[(i + k) % cases_.size()].refused_for) ++wrong;
      }
    }
    return wrong;
  }

  static std::optional<Reason> reason_of(const TokenStep& step) {
    if (const auto* refused = std::get_if<refusal::Refusal>(&step.outcome)) return refused->reason;
    if (const auto* needs = std::get_if<NeedsKeys>(&step.outcome)) return needs->otherwise.reason;
    return std::nullopt;
  }

  static constexpr const char* kEvent =
      R"({"specversion":"1.0","id":"1","source":"/s","type":"t","data":{"callConnectionId":"c"}})";
  std::vector<Case> cases_;
  std::string jwks_;
  jose::KeySet keys_;
  Provider provider_;
};

std::size_t verdicts_wanted() {
  const char* scale = std::getenv("CALLGATE_SCALE");  // NOLINT(concurrency-mt-unsafe): no thread runs yet
  const unsigned long percent = scale == nullptr ? 1 : std::strtoul(scale, nullptr, 10);
  return std::max<std::size_t>(percent, 1) * 10'000;
}

TEST_F(VerdictsUnderThreads, NoneIsWrong) {
  ASSERT_EQ(judge_one_by_one(0, cases_.size()), 0U) << "wrong even with one thread";
  const std::size_t each = verdicts_wanted() / kThreads / kTogether * kTogether;
  std::atomic<std::size_t> wrong{0};
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back(
        [&, t] { wrong += t % 2 == 0 ? judge_one_by_one(t * 7, each) : judge_together(t * 7, each); });
  }
  for (std::thread& thread : threads) thread.join();
  std::cout << each * kThreads << " verdicts on " << kThreads << " threads, " << wrong << " wrong\n";
  EXPECT_EQ(wrong, 0U);
}

}  // namespace
}  // namespace callgate::gate
