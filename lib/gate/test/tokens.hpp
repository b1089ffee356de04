// SPDX-License-Identifier: Apache-2.0
#pragma once
// One signing key, its key set, a provider that trusts it, and tokens with any change to header or claims.

#include <callgate/gate/column.hpp>
#include <callgate/mint/signing_key.hpp>
#include <string>

namespace callgate::gate {

inline constexpr std::int64_t kNowSeconds = 1'800'000'000;
inline constexpr base::WallTime kNow{std::chrono::seconds{kNowSeconds}};
inline constexpr const char* kAudience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";

inline const mint::SigningKey& signing_key() {
  static const auto key = mint::SigningKey::generate_rsa(2048, "key-1");
  return *key;
}

inline const jose::KeySet& keys() {
  static const auto set = jose::KeySet::parse(mint::key_set(&signing_key(), 1));
  return *set;
}

inline Provider provider() {
  Provider out{.name = "acs",
               .algorithms = {jose::Algorithm::rs256},
               .rules = {.issuer = "https://issuer.test", .audiences = {kAudience}}};
  return out;
}

inline std::string claims(const std::string& issuer = "https://issuer.test",
                          const std::string& audience = kAudience, std::int64_t born = kNowSeconds - 10,
                          std::int64_t life = 300) {
  return R"({"iss":")" + issuer + R"(","aud":")" + audience + R"(","iat":)" + std::to_string(born) +
         R"(,"nbf":)" + std::to_string(born) + R"(,"exp":)" + std::to_string(born + life) + R"(,"jti":"j1"})";
}

inline std::string token(const std::string& claims_text = claims(),
                         const std::string& header = R"({"alg":"RS256","kid":"key-1","typ":"JWT"})",
                         const mint::SigningKey& key = signing_key()) {
  return mint::sign_token(key, header, claims_text);
}

inline http::Headers bearer(const std::string& text) {
  return {{"Authorization", "Bearer " + text}};
}

}  // namespace callgate::gate
