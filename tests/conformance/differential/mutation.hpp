// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tokens that are good, nearly good and bad, in many ways. Few keys sign; what is drawn decides the rest.

#include <callgate/jose/algorithm.hpp>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "test_signer.hpp"

namespace callgate::differential {

inline constexpr std::int64_t kNow = 1'800'000'000;
inline constexpr std::int64_t kSkew = 30;
inline constexpr std::int64_t kLifetime = 300;
inline constexpr const char* kIssuer = "https://issuer.test";
inline constexpr const char* kAudience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";

struct Mutated {
  std::string what;  // kind of change, a word
  std::string token;
};

// Members in order, each with its JSON text; a name may come twice.
using Members = std::vector<std::pair<std::string, std::string>>;

class Mutator {
 public:
  Mutator();
  const std::string& key_set() const { return key_set_; }
  Mutated next();

 private:
  struct Signer {
    std::string kid;
    jose::TestSigner key;
    std::vector<jose::Algorithm> algorithms;
  };
  // What a token is made of before it is signed.
  struct Draft {
    const Signer* signer;
    jose::Algorithm algorithm;
    Members header;
    Members claims;
  };

  Draft draft() const;
  static std::string sign(const Draft& draft, const std::string& header, const std::string& claims);
  static std::string sign(const Draft& draft);

  std::string untouched() const;
  std::string flip_bit() const;
  std::string change_segments() const;
  std::string change_encoding() const;
  std::string change_length() const;
  std::string edit_header() const;
  std::string edit_header_text() const;
  std::string edit_header_unsigned() const;
  std::string edit_claim() const;
  std::string edit_claims_text() const;
  std::string move_times() const;
  std::string sign_with_another_key() const;
  std::string change_signature() const;

  std::vector<Signer> signers_;
  std::vector<Signer> strangers_;
  std::vector<std::string> bases_;
  std::string key_set_;
};

}  // namespace callgate::differential
