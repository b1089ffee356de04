// SPDX-License-Identifier: Apache-2.0
#pragma once
// The key set, the provider and the time that targets with tokens share. The private keys were thrown away.

#include <array>
#include <callgate/gate/column.hpp>
#include <callgate/jose/key_set.hpp>

namespace callgate::fuzz {

inline constexpr base::WallTime kNow{std::chrono::seconds{1'800'000'000}};

inline const jose::KeySet& keys() {
  static const jose::KeySet set = *jose::KeySet::parse(
      R"({"keys":[{"kty":"RSA","kid":"rsa","use":"sig","n":"jPsL8qHKTwgwnvIh0jd_ueoxPCCdslhwsLdBGuDbGpyEo)"
      R"(wgsfJ4V4VT7P1NtsMzZWIAQUNdHmNbr9eD8zTOZJblyunCpRwTC_26AiHsHJkKBBZBB5UlXTVn_viUgJXE29DyH1xHtXCNHq)"
      R"(6HHpejR6Bw3ioCiBMm7BxlRQR7JxDJE_aGUm3VDtCEM1_PryOj75ME2KU4a_syAc0HggaIxDqTNtQPxnFNH1aDMGkxqFzdxu)"
      R"(t3-pgapriDHRGCBOc1JHWjlapfjyYSx3Vs95-6Z267NMePxy0uYr8ockrlEpwDso3SHB85Jn_j6IRjBUQZPchQEOMTbmIVGe)"
      R"(qv-8KOHTQ","e":"AQAB"},)"
      R"({"kty":"EC","crv":"P-256","kid":"ec","x":"9RAb_udXm_n-Goe7_DvezQZbNWLgbU2jNdvxbSfEeTg","y":"DBX4)"
      R"(6SrHwgEC7SXHVOppi1U__9PlBtcGGfOsc6KokEw","alg":"ES256"},)"
      R"({"kty":"OKP","crv":"Ed25519","kid":"ed","x":"cEadvnbP36yxvyrbD47MrEX_qzXVgDN3jkDGQOG1evU"}]})");
  return set;
}

// One with the fewest rules, and one with every rule there is.
inline const std::array<gate::Provider, 2>& providers() {
  using jose::Algorithm;
  const jose::AlgorithmSet algorithms{Algorithm::rs256, Algorithm::ps256, Algorithm::es256, Algorithm::eddsa};
  static const std::array<gate::Provider, 2> all{
      gate::Provider{.name = "plain",
                     .algorithms = algorithms,
                     .rules = {.issuer = "https://issuer.test",
                               .audiences = {"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21", "second"}}},
      gate::Provider{
          .name = "strict",
          .algorithms = algorithms,
          .rules = {.issuer = "https://issuer.test",
                    .more_issuers = {"https://sts.windows.net/t/"},
                    .audiences = {"second"},
                    .require_issued_at = true,
                    .required = {{{"tid"}, {"t"}}, {{"appid", "azp"}, {"a", "b"}}, {{"roles"}, {"r"}}},
                    .body_digest = "payload_hash"}}};
  return all;
}

}  // namespace callgate::fuzz
