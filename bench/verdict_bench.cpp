// SPDX-License-Identifier: Apache-2.0
// One webhook token from text to judged claims, beside a bare EVP_DigestVerify loop over the same signed
// text, for each algorithm. "ratio" is the second's time divided by the first's, measured in turns of a few
// hundred each, so that whatever else the machine does hits both: 1.00 means that the whole verdict costs
// what OpenSSL's signature check alone costs. "allocations" counts operator new per verdict (OpenSSL's own
// malloc is not seen). Every refusal has a line of its own: none may cost more than a good token.
#include <benchmark/benchmark.h>

#include <callgate/digest/base64.hpp>
#include <callgate/gate/column.hpp>
#include <chrono>
#include <cstdlib>

#include "allocations.hpp"
#include "test_signer.hpp"

namespace {

using namespace callgate;
using jose::Algorithm;
using jose::TestSigner;

constexpr base::WallTime kNow{std::chrono::seconds{1'800'000'000}};
constexpr const char* kKid = "0f0e0d0c-0b0a-4908-8706-050403020100";
constexpr const char* kClaims =
    R"({"iss":"https://acscallautomation.communication.azure.com","aud":"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21",)"
    R"("exp":1800000290,"nbf":1799999990,"iat":1799999990,"jti":"7e570001-0000-4000-8000-000000000001"})";

// A token of one algorithm, the gate that admits it, and OpenSSL's bare check of the same signature.
struct Bench {
  Bench(Algorithm row, TestSigner key_pair) : algorithm(row), signer(std::move(key_pair)) {
    provider.algorithms = {row};
  }

  void verify_bare() const {
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    bool holds = EVP_DigestVerifyInit_ex(context, &parameters, TestSigner::hash_of(algorithm), nullptr,
                                         nullptr, signer.key(), nullptr) == 1;
    if (jose::to_text(algorithm).starts_with("PS")) {
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    }
    holds = holds && EVP_DigestVerify(context, bytes(signature), signature.size(), bytes(signed_text),
                                      signed_text.size()) == 1;
    EVP_MD_CTX_free(context);
    if (!holds) std::abort();
  }

  void judge(const http::Headers& request, bool admitted) const {
    const auto step = gate::judge_token(request, provider, &keys, kNow);
    if (std::holds_alternative<gate::ProvenToken>(step.outcome) != admitted) std::abort();
  }

  static const unsigned char* bytes(const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  }

  Algorithm algorithm;
  TestSigner signer;
  jose::KeySet keys = *jose::KeySet::parse("{\"keys\":[" + signer.jwk(kKid) + "]}");
  gate::Provider provider = gate::call_automation({"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"});
  std::string token = signer.token(algorithm, kKid, kClaims);
  http::Headers headers{{"Authorization", "Bearer " + token}};
  std::string signed_text = token.substr(0, token.rfind('.'));
  std::string signature = signer.sign_plain(algorithm, signed_text);
};

const Bench& bench_of(Algorithm algorithm) {
  static const Bench rs256(Algorithm::rs256, TestSigner::rsa());
  static const Bench ps256(Algorithm::ps256, TestSigner::rsa());
  static const Bench es256(Algorithm::es256, TestSigner::ec("P-256"));
  static const Bench eddsa(Algorithm::eddsa, TestSigner::ed25519());
  switch (algorithm) {
    case Algorithm::ps256:
      return ps256;
    case Algorithm::es256:
      return es256;
    case Algorithm::eddsa:
      return eddsa;
    default:
      return rs256;
  }
}

void whole_versus_bare(benchmark::State& state, Algorithm algorithm) {
  using Clock = std::chrono::steady_clock;
  const Bench& subject = bench_of(algorithm);
  subject.judge(subject.headers, true);
  const std::uint64_t before = bench::allocations();
  subject.judge(subject.headers, true);
  state.counters["allocations"] = static_cast<double>(bench::allocations() - before);
  constexpr int kTurn = 200;
  Clock::duration bare{}, whole{};
  while (state.KeepRunning()) {
    const auto start = Clock::now();
    for (int i = 0; i < kTurn; ++i) subject.verify_bare();
    const auto middle = Clock::now();
    for (int i = 0; i < kTurn; ++i) subject.judge(subject.headers, true);
    whole += Clock::now() - middle;
    bare += middle - start;
  }
  const double turns = static_cast<double>(state.iterations()) * kTurn;
  const auto microseconds = [](Clock::duration span) {
    return std::chrono::duration<double, std::micro>(span).count();
  };
  state.counters["ratio"] = microseconds(bare) / microseconds(whole);
  state.counters["verdict_us"] = microseconds(whole) / turns;
  state.counters["openssl_us"] = microseconds(bare) / turns;
}
BENCHMARK_CAPTURE(whole_versus_bare, RS256, Algorithm::rs256)->Unit(benchmark::kMillisecond)->MinTime(2.0);
BENCHMARK_CAPTURE(whole_versus_bare, PS256, Algorithm::ps256)->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK_CAPTURE(whole_versus_bare, ES256, Algorithm::es256)->Unit(benchmark::kMillisecond)->MinTime(1.0);
BENCHMARK_CAPTURE(whole_versus_bare, EdDSA, Algorithm::eddsa)->Unit(benchmark::kMillisecond)->MinTime(1.0);

// "dearer" is this refusal's time divided by that of a good RS256 token in the same run.
void refuse(benchmark::State& state, const std::string& token) {
  using Clock = std::chrono::steady_clock;
  const Bench& subject = bench_of(Algorithm::rs256);
  const http::Headers headers{{"Authorization", "Bearer " + token}};
  constexpr int kTurn = 50;
  Clock::duration bad{}, good{};
  while (state.KeepRunning()) {
    const auto start = Clock::now();
    for (int i = 0; i < kTurn; ++i) subject.judge(headers, false);
    const auto middle = Clock::now();
    for (int i = 0; i < kTurn; ++i) subject.judge(subject.headers, true);
    good += Clock::now() - middle;
    bad += middle - start;
  }
  state.counters["dearer"] = std::chrono::duration<double>(bad) / std::chrono::duration<double>(good);
}

std::string with_header(const std::string& header) {
  const std::string& good = bench_of(Algorithm::rs256).token;
  return digest::encode_base64url(header) + good.substr(good.find('.'));
}

std::string signed_claims(const std::string& claims) {
  return bench_of(Algorithm::rs256).signer.token(Algorithm::rs256, kKid, claims);
}

std::string forged() {
  std::string token = bench_of(Algorithm::rs256).token;
  char& last = token[token.size() - 100];
  last = last == 'A' ? 'B' : 'A';
  return token;
}

std::string nested(std::size_t depth) {
  return std::string(depth, '[') + std::string(depth, ']');
}

BENCHMARK_CAPTURE(refuse, dots, std::string(std::size_t{16} * 1024, '.'));
BENCHMARK_CAPTURE(refuse, not_base64, std::string(8000, 'a') + "." + std::string(8000, '*') + ".a");
BENCHMARK_CAPTURE(refuse, header_of_16_KiB, with_header(R"({"x":")" + std::string(11000, 'x') + "\"}"));
BENCHMARK_CAPTURE(refuse, header_of_many_members, with_header("{\"a\":" + nested(60) + R"(,"alg":"none"})"));
BENCHMARK_CAPTURE(refuse, algorithm_none, with_header(R"({"alg":"none","kid":"x"})"));
BENCHMARK_CAPTURE(refuse, unknown_kid, with_header(R"({"alg":"RS256","kid":"stranger"})"));
BENCHMARK_CAPTURE(refuse, forged_signature, forged());
BENCHMARK_CAPTURE(refuse, claims_malformed, signed_claims(R"({"iss":1})"));
BENCHMARK_CAPTURE(refuse, wrong_issuer, signed_claims(R"({"iss":"https://evil.test"})"));
BENCHMARK_CAPTURE(
    refuse, expired,
    signed_claims(
        R"({"iss":"https://acscallautomation.communication.azure.com","aud":"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21","exp":1,"iat":0})"));

}  // namespace

BENCHMARK_MAIN();
