// SPDX-License-Identifier: Apache-2.0
#pragma once
// The signature algorithms of JOSE that callgate knows (RFC 7518 section 3.1, RFC 8037): asymmetric ones
// only. There is no symmetric path and no "none": such a name is no Algorithm. Plain values, any thread.

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::jose {

enum class Algorithm : std::uint8_t {
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  eddsa,  // Ed25519 only
};

inline constexpr int kAlgorithmCount = 10;

// "RS256", as in the header parameter `alg`.
std::string_view to_text(Algorithm algorithm);
// Exact case. Nothing for every other name.
std::optional<Algorithm> parse_algorithm(std::string_view name);

// An allow-list. Empty by default: nothing is allowed unless named.
class AlgorithmSet {
 public:
  constexpr AlgorithmSet() = default;
  constexpr AlgorithmSet(std::initializer_list<Algorithm> algorithms) {
    for (const Algorithm algorithm : algorithms) add(algorithm);
  }
  constexpr void add(Algorithm algorithm) { bits_ |= bit(algorithm); }
  constexpr bool contains(Algorithm algorithm) const { return (bits_ & bit(algorithm)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  // "RS256, ES256", in table order.
  std::string text() const;

 private:
  static constexpr std::uint32_t bit(Algorithm algorithm) { return 1U << static_cast<unsigned>(algorithm); }
  std::uint32_t bits_ = 0;
};

}  // namespace callgate::jose
