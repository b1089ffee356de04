// SPDX-License-Identifier: Apache-2.0
#pragma once
// One row for each algorithm: its name, what kind of key it takes, its digest, its padding. Everything that
// depends on the algorithm reads it from here.

#include <array>
#include <callgate/digest/sha2.hpp>
#include <callgate/jose/algorithm.hpp>
#include <callgate/jose/key.hpp>

namespace callgate::jose {

enum class Scheme : std::uint8_t { rsa_pkcs1, rsa_pss, ecdsa, eddsa };

struct AlgorithmRow {
  Algorithm algorithm;
  std::string_view name;
  Scheme scheme;
  KeyType key_type;
  digest::Sha2 hash;      // not used by eddsa
  std::size_t half_size;  // ecdsa: bytes of R and of S in a signature (RFC 7518 section 3.4)
};

using enum Algorithm;
inline constexpr std::array<AlgorithmRow, kAlgorithmCount> kAlgorithms{{
    {rs256, "RS256", Scheme::rsa_pkcs1, KeyType::rsa, digest::Sha2::sha256, 0},
    {rs384, "RS384", Scheme::rsa_pkcs1, KeyType::rsa, digest::Sha2::sha384, 0},
    {rs512, "RS512", Scheme::rsa_pkcs1, KeyType::rsa, digest::Sha2::sha512, 0},
    {ps256, "PS256", Scheme::rsa_pss, KeyType::rsa, digest::Sha2::sha256, 0},
    {ps384, "PS384", Scheme::rsa_pss, KeyType::rsa, digest::Sha2::sha384, 0},
    {ps512, "PS512", Scheme::rsa_pss, KeyType::rsa, digest::Sha2::sha512, 0},
    {es256, "ES256", Scheme::ecdsa, KeyType::ec_p256, digest::Sha2::sha256, 32},
    {es384, "ES384", Scheme::ecdsa, KeyType::ec_p384, digest::Sha2::sha384, 48},
    {es512, "ES512", Scheme::ecdsa, KeyType::ec_p521, digest::Sha2::sha512, 66},
    {eddsa, "EdDSA", Scheme::eddsa, KeyType::ed25519, digest::Sha2::sha512, 0},
}};

inline const AlgorithmRow& row_of(Algorithm algorithm) {
  return kAlgorithms[static_cast<std::size_t>(algorithm)];
}

}  // namespace callgate::jose
