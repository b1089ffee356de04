// SPDX-License-Identifier: Apache-2.0
// Prints mutated tokens with callgate's verdict, one JSON object a line; the first line says what was
// configured.
//   differential_tokens COUNT SEED        the same seed prints the same bytes

#include <callgate/digest/base64.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/json/writer.hpp>
#include <cstdlib>
#include <iostream>

#include "mutation.hpp"
#include "repeatable_random.hpp"

namespace callgate::differential {
namespace {

gate::Provider provider() {
  using enum jose::Algorithm;
  gate::Provider out;
  out.name = "differential";
  out.algorithms = {rs256, ps256, es256, es384, es512, eddsa};
  out.rules.issuer = kIssuer;
  out.rules.audiences = {kAudience};
  out.rules.clock_skew = std::chrono::seconds{kSkew};
  out.rules.max_lifetime = std::chrono::seconds{kLifetime};
  return out;
}

void print_setup(std::uint64_t seed, const std::string& key_set) {
  json::Writer out;
  out.begin_object().member("seed", static_cast<std::int64_t>(seed)).member("now", kNow);
  out.member("skew", kSkew).member("lifetime", kLifetime).member("issuer", kIssuer);
  out.member("audience", kAudience).name("jwks").raw(key_set);
  out.name("algorithms").begin_array();
  for (const char* name : {"RS256", "PS256", "ES256", "ES384", "ES512", "EdDSA"}) out.string(name);
  out.end_array().end_object();
  std::cout << out.text() << "\n";
}

int run(std::uint64_t count, std::uint64_t seed) {
  seed_everything(seed);
  Mutator mutator;
  const auto keys = jose::KeySet::parse(mutator.key_set());
  if (!keys || !keys->skipped().empty()) {
    std::cerr << "differential_tokens: the key set is not usable\n";
    return 1;
  }
  print_setup(seed, mutator.key_set());
  const gate::Provider sender = provider();
  const base::WallTime now{std::chrono::seconds{kNow}};
  for (std::uint64_t id = 0; id < count; ++id) {
    const Mutated made = mutator.next();
    const gate::TokenStep step =
        gate::judge_token({{"Authorization", "Bearer " + made.token}}, sender, &*keys, now);
    const auto* refused = std::get_if<refusal::Refusal>(&step.outcome);
    if (const auto* needs = std::get_if<gate::NeedsKeys>(&step.outcome)) refused = &needs->otherwise;
    json::Writer out;
    out.begin_object().member("id", static_cast<std::int64_t>(id)).member("what", made.what);
    out.member("token", digest::encode_base64(made.token));  // it may be no text
    out.member("verdict", refused == nullptr ? "admit" : "refuse");
    out.member("reason", refused == nullptr ? std::string_view() : refusal::to_text(refused->reason));
    out.member("detail", refused == nullptr ? std::string() : refused->detail).end_object();
    std::cout << out.text() << "\n";
  }
  std::cout.flush();
  return std::cout ? 0 : 1;
}

}  // namespace
}  // namespace callgate::differential

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "usage: differential_tokens COUNT SEED\n";
    return 2;
  }
  return callgate::differential::run(std::strtoull(argv[1], nullptr, 10),
                                     std::strtoull(argv[2], nullptr, 10));
}
