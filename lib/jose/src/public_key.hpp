// SPDX-License-Identifier: Apache-2.0
#pragma once
// OpenSSL's side of a key: builds an EVP_PKEY from the numbers of a JWK. The only place that does.

#include <openssl/evp.h>

#include <callgate/jose/key.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace callgate::jose {

struct FreePkey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PublicKey = std::unique_ptr<EVP_PKEY, FreePkey>;

// Numbers are big-endian bytes. Null if OpenSSL refuses them.
PublicKey make_rsa(std::string_view modulus, std::string_view exponent);
// x and y full width; null if the point is not on the curve.
PublicKey make_ec(KeyType curve, std::string_view x, std::string_view y);
PublicKey make_ed25519(std::string_view x);

}  // namespace callgate::jose
