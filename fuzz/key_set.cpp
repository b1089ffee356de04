// SPDX-License-Identifier: Apache-2.0
// Any text as an issuer's key set.

#include <callgate/jose/key_set.hpp>

#include "fuzz.hpp"

using namespace callgate;

namespace {

void visit(const jose::KeySet& set, const jose::Key& key) {
  fuzz::require(set.find(key.kid()) == &key, "a key is found by its kid");
  fuzz::require(key.thumbprint().size() == 43, "a thumbprint is a SHA-256 in base64url");
  fuzz::require(!jose::to_text(key.type()).empty(), "a key type has a name");
  int fits = 0;
  for (int i = 0; i < jose::kAlgorithmCount; ++i) {
    const auto algorithm = static_cast<jose::Algorithm>(i);
    const bool fit = !key.misfit(algorithm);
    fits += fit ? 1 : 0;
    fuzz::require(!fit || !key.algorithm() || *key.algorithm() == algorithm, "'alg' of a key binds it");
  }
  fuzz::require(fits >= 1, "every key is good for something");
  if (key.type() == jose::KeyType::rsa)
    fuzz::require(key.bits() >= jose::kRsaBitsMin && key.bits() <= jose::kRsaBitsMax,
                  "RSA sizes are bounded");
  else
    fuzz::require(fits == 1, "a curve is good for one algorithm");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto set = jose::KeySet::parse(fuzz::text_of(data, size), {.bytes_max = 65536, .keys_max = 8});
  if (!set) {
    fuzz::require(!set.error().message.empty(), "a fault has words");
    return 0;
  }
  fuzz::require(set->keys().size() + set->skipped().size() <= 8, "the number of keys is bounded");
  for (const auto& key : set->keys()) visit(*set, key);
  for (const auto& skipped : set->skipped())
    fuzz::require(!skipped.why.empty(), "a skipped key has a reason");
  return 0;
}
