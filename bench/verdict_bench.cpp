// SPDX-License-Identifier: Apache-2.0
// One RS256 webhook token from text to judged claims, beside a bare EVP_DigestVerify loop over the same
// signed text. "ratio" is the second's time divided by the first's, measured in turns of a few hundred each,
// so that whatever else the machine does hits both: 1.00 means that the whole verdict costs what OpenSSL's
// signature check alone costs.
#include <benchmark/benchmark.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <callgate/digest/base64.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/mint/signing_key.hpp>
#include <callgate/policy/check.hpp>
#include <chrono>
#include <cstdlib>

namespace {

using namespace callgate;

constexpr std::int64_t kNow = 1'800'000'000;

struct Bench {
  mint::SigningKey key = *mint::SigningKey::generate_rsa(2048, "0f0e0d0c-0b0a-4908-8706-050403020100");
  jose::KeySet keys = *jose::KeySet::parse(mint::key_set(&key, 1));
  gate::Provider provider{.name = "acs",
                          .algorithms = {jose::Algorithm::rs256},
                          .rules = {.issuer = "https://acscallautomation.communication.azure.com",
                                    .audiences = {"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"}}};
  std::string token = mint::sign_token(
      key, R"({"alg":"RS256","kid":"0f0e0d0c-0b0a-4908-8706-050403020100","typ":"JWT"})",
      R"({"iss":"https://acscallautomation.communication.azure.com","aud":"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21","exp":1800000290,"nbf":1799999990,"iat":1799999990,"jti":"7e570001-0000-4000-8000-000000000001"})");
  std::string signed_text = token.substr(0, token.rfind('.'));
  std::string signature = *digest::decode_base64url(token.substr(token.rfind('.') + 1));
  http::Headers headers{{"Authorization", "Bearer " + token}};
  EVP_PKEY* pkey = load();

  EVP_PKEY* load() const {
    const std::string pem = key.public_pem();
    BIO* bio = BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()));
    EVP_PKEY* loaded = PEM_read_bio_PUBKEY(bio, nullptr, nullptr, nullptr);
    BIO_free(bio);
    return loaded;
  }
};

const Bench& bench() {
  static const Bench instance;
  return instance;
}

void verify_bare() {
  const Bench& b = bench();
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  const bool holds =
      EVP_DigestVerifyInit(context, nullptr, EVP_sha256(), nullptr, b.pkey) == 1 &&
      EVP_DigestVerify(context, reinterpret_cast<const unsigned char*>(b.signature.data()),
                       b.signature.size(), reinterpret_cast<const unsigned char*>(b.signed_text.data()),
                       b.signed_text.size()) == 1;
  EVP_MD_CTX_free(context);
  if (!holds) std::abort();
}

void judge_whole(const http::Headers& headers, bool admitted) {
  const Bench& b = bench();
  const auto step =
      gate::judge_token(headers, b.provider, &b.keys, base::WallTime{std::chrono::seconds{kNow}});
  if (std::holds_alternative<gate::ProvenToken>(step.outcome) != admitted) std::abort();
}

void EvpDigestVerify(benchmark::State& state) {
  for (auto _ : state) verify_bare();
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(EvpDigestVerify)->Unit(benchmark::kMicrosecond);

void TokenToClaims(benchmark::State& state) {
  for (auto _ : state) judge_whole(bench().headers, true);
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(TokenToClaims)->Unit(benchmark::kMicrosecond);

void TokenToClaims_versus_EvpDigestVerify(benchmark::State& state) {
  using Clock = std::chrono::steady_clock;
  Clock::duration bare{}, whole{};
  for (auto _ : state) {
    const auto start = Clock::now();
    for (int i = 0; i < 200; ++i) verify_bare();
    const auto middle = Clock::now();
    for (int i = 0; i < 200; ++i) judge_whole(bench().headers, true);
    whole += Clock::now() - middle;
    bare += middle - start;
  }
  state.counters["ratio"] = std::chrono::duration<double>(bare) / std::chrono::duration<double>(whole);
}
BENCHMARK(TokenToClaims_versus_EvpDigestVerify)->Unit(benchmark::kMillisecond)->MinTime(2.0);

// No refusal may cost more than a good token.
void RefuseForgedSignature(benchmark::State& state) {
  std::string forged = bench().token;
  forged[forged.size() - 100] = forged[forged.size() - 100] == 'A' ? 'B' : 'A';
  const http::Headers headers{{"Authorization", "Bearer " + forged}};
  for (auto _ : state) judge_whole(headers, false);
}
BENCHMARK(RefuseForgedSignature)->Unit(benchmark::kMicrosecond);

void RefuseUnknownKid(benchmark::State& state) {
  const std::string token = digest::encode_base64url(R"({"alg":"RS256","kid":"stranger"})") +
                            bench().token.substr(bench().token.find('.'));
  const http::Headers headers{{"Authorization", "Bearer " + token}};
  for (auto _ : state) judge_whole(headers, false);
}
BENCHMARK(RefuseUnknownKid)->Unit(benchmark::kMicrosecond);

void RefuseDots(benchmark::State& state) {
  const http::Headers headers{{"Authorization", "Bearer " + std::string(16 * 1024, '.')}};
  for (auto _ : state) judge_whole(headers, false);
}
BENCHMARK(RefuseDots)->Unit(benchmark::kMicrosecond);

}  // namespace

BENCHMARK_MAIN();
