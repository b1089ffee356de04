// SPDX-License-Identifier: Apache-2.0
#pragma once
// Mints one token, right or wrong in exactly one way. Any thread; the time is a parameter.

#include <callgate/base/clock.hpp>
#include <callgate/mint/signing_key.hpp>
#include <string>

#include "fault.hpp"
#include "member_list.hpp"

namespace callgate::emulator {

// What a good token says.
struct TokenTerms {
  std::string issuer;
  std::string audience;
  bool with_jti = true;
};

struct TokenOrder {
  Fault fault = Fault::none;  // one of the token, else it counts as none
  // Replace, add or (null) remove members after the fault was put in. The signature follows the fault, never
  // a changed `alg`. A garbage token has no members to change.
  MemberList claims;
  MemberList header;
};

struct Signers {
  mint::SigningKey current;
  mint::SigningKey outsider;  // never published
};

std::string mint_token(const TokenOrder& order, const TokenTerms& terms, const Signers& signers,
                       base::WallTime now);

}  // namespace callgate::emulator
