// SPDX-License-Identifier: Apache-2.0
#pragma once
// The token issuer: its keys, its published documents, its tokens. One thread only (the worker's): rotate()
// changes it.

#include <callgate/base/clock.hpp>
#include <callgate/base/error.hpp>
#include <callgate/mint/signing_key.hpp>
#include <string>
#include <vector>

#include "token.hpp"

namespace callgate::emulator {

inline constexpr std::string_view kDiscoveryPath = "/calling/.well-known/acsopenidconfiguration";
inline constexpr std::string_view kKeysPath = "/calling/keys";

class Issuer {
 public:
  // terms.issuer is the base URL of the published documents, without a slash at the end.
  static base::Result<Issuer> make(TokenTerms terms, int key_bits, const base::Clock& clock);

  // A new key becomes the signer. The one before stays published, so that tokens just signed still verify;
  // the one before that is forgotten. Makes the key on the calling thread: about 0.1 s for 2048 bits. The new
  // key's kid.
  base::Result<std::string> rotate();

  std::string mint(const TokenOrder& order) const {
    return mint_token(order, terms_, signers_, clock_->wall());
  }

  std::string discovery_document() const;
  std::string key_set() const;  // the signer first
  const TokenTerms& terms() const { return terms_; }

 private:
  Issuer(TokenTerms terms, int key_bits, const base::Clock& clock, Signers signers)
      : terms_(std::move(terms)), key_bits_(key_bits), clock_(&clock), signers_(std::move(signers)) {}

  TokenTerms terms_;
  int key_bits_;
  const base::Clock* clock_;
  Signers signers_;
  std::vector<mint::SigningKey> previous_;  // none, or one
};

}  // namespace callgate::emulator
