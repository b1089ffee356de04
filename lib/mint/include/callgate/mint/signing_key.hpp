// SPDX-License-Identifier: Apache-2.0
#pragma once
// Makes keys and signs tokens: for the emulator and for tests only. It is never linked into callgate itself
// (a test proves it). Cheap to copy; safe to use from several threads.

#include <callgate/base/error.hpp>
#include <memory>
#include <string>
#include <string_view>

namespace callgate::mint {

class SigningKey {
 public:
  // kid is a random UUID unless given. bits: 512 to 16384, so that tests can make keys that must be refused.
  static base::Result<SigningKey> generate_rsa(int bits, std::string kid = {});

  const std::string& kid() const;
  // The public half as a JWK: kty, use, alg (RS256), kid, n, e.
  std::string public_jwk() const;
  // The public half as PEM (SubjectPublicKeyInfo): what an attacker feeds to a verifier that mixes HMAC and
  // RSA.
  std::string public_pem() const;

  // RSASSA-PKCS1-v1_5 with SHA-256 over `text`.
  std::string sign_rs256(std::string_view text) const;

 private:
  struct State;
  explicit SigningKey(std::shared_ptr<const State> state) : state_(std::move(state)) {}
  std::shared_ptr<const State> state_;
};

// header and claims are JSON texts, taken as they are:
// base64url(header).base64url(claims).base64url(signature).
std::string sign_token(const SigningKey& key, std::string_view header, std::string_view claims);

// HMAC-SHA-256 token, for the test that such a token is refused.
std::string sign_token_hs256(std::string_view secret, std::string_view header, std::string_view claims);

// {"keys":[...]} of the public halves.
std::string key_set(const SigningKey* keys, std::size_t count);

}  // namespace callgate::mint
