// SPDX-License-Identifier: Apache-2.0
#pragma once
// The claims of a token that rules use (RFC 7519 section 4.1). Reading is strict: a claim that is there with
// the wrong type or out of range is an error, never "absent". Other claims are ignored. Pure, any thread.

#include <callgate/base/clock.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/refusal/reason.hpp>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::policy {

struct Claims {
  std::optional<std::string> issuer;         // iss
  std::vector<std::string> audiences;        // aud: a string or an array of strings
  std::optional<base::WallTime> expires_at;  // exp
  std::optional<base::WallTime> not_before;  // nbf
  std::optional<base::WallTime> issued_at;   // iat
  std::optional<std::string> id;             // jti
  std::optional<std::string> subject;        // sub
  // Those of the further claims asked for that are there: a string, or an array of strings.
  struct Further {
    std::string name;
    std::vector<std::string> values;
  };
  std::vector<Further> further;

  // Null if that claim was not asked for or is not there.
  const Further* find(std::string_view name) const;
};

// `further` names claims to read beside the registered ones. Refuses with claims_malformed. Times may have
// fractions and exponents; they lie between 1970 and the year 9999.
refusal::Judged<Claims> read_claims(const jose::VerifiedPayload& payload,
                                    std::span<const std::string> further = {});

// The same from a text that nobody vouches for: to explain a refused token, never to decide.
refusal::Judged<Claims> read_unverified_claims(std::string_view text,
                                               std::span<const std::string> further = {});

}  // namespace callgate::policy
