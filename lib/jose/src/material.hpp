// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a Key holds. serial is unique in the process and never used again, so that a per-thread cache of
// OpenSSL contexts can be keyed by it.

#include "public_key.hpp"

namespace callgate::jose {

struct Key::Material {
  PublicKey pkey;
  std::string kid;
  KeyType type = KeyType::rsa;
  int bits = 0;
  std::optional<Algorithm> algorithm;
  std::string thumbprint;
  std::uint64_t serial = 0;
};

}  // namespace callgate::jose
