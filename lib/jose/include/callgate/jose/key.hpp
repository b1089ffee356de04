// SPDX-License-Identifier: Apache-2.0
#pragma once
// A public key out of an issuer's key set (RFC 7517, RFC 7518 section 6, RFC 8037). Immutable and cheap to
// copy; all copies share one OpenSSL key. Any thread.

#include <callgate/jose/algorithm.hpp>
#include <callgate/json/document.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace callgate::jose {

enum class KeyType : std::uint8_t { rsa, ec_p256, ec_p384, ec_p521, ed25519 };

// "RSA", "EC P-256", "OKP Ed25519".
std::string_view to_text(KeyType type);

inline constexpr int kRsaBitsMin = 2048;
inline constexpr int kRsaBitsMax = 8192;

class Key {
 public:
  // Why a JWK is not usable: a phrase for people, without the key's own bytes beyond its type.
  struct Fault {
    std::string why;
  };

  // Reads one JWK. Refused: symmetric and private keys, use other than "sig", key_ops without "verify", an
  // `alg` that does not fit the key, RSA outside 2048 to 8192 bits or with an exponent that is even or
  // outside [3, 2^32), points off the curve, members that are not strict base64url. x5c, x5t, x5u are
  // ignored.
  static tl::expected<Key, Fault> parse(const json::Value& jwk);

  const std::string& kid() const;
  KeyType type() const;
  int bits() const;
  // `alg` of the JWK, if it was given: the key is good for that one alone.
  std::optional<Algorithm> algorithm() const;
  // RFC 7638 with SHA-256, base64url.
  const std::string& thumbprint() const;

  // Nothing if this key may verify this algorithm, else why not.
  std::optional<std::string> misfit(Algorithm algorithm) const;

  // For jose alone.
  struct Material;
  const Material& material() const { return *material_; }

 private:
  explicit Key(std::shared_ptr<const Material> material) : material_(std::move(material)) {}
  std::shared_ptr<const Material> material_;
};

}  // namespace callgate::jose
