// SPDX-License-Identifier: Apache-2.0
#include <openssl/crypto.h>

#include <callgate/digest/secret.hpp>
#include <callgate/digest/sha2.hpp>

namespace callgate::digest {

bool is_same_secret(std::string_view secret, std::string_view given) {
  const Digest a = hash(Sha2::sha256, secret), b = hash(Sha2::sha256, given);
  return a.size != 0 && a.size == b.size && CRYPTO_memcmp(a.bytes.data(), b.bytes.data(), a.size) == 0;
}

}  // namespace callgate::digest
