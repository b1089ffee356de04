// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/jose/algorithm.hpp>

namespace callgate::jose {
namespace {

TEST(Algorithm, OnlyAsymmetricNamesInExactCase) {
  for (const char* name :
       {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"}) {
    const auto algorithm = parse_algorithm(name);
    ASSERT_TRUE(algorithm) << name;
    EXPECT_EQ(to_text(*algorithm), name);
  }
  for (const char* name :
       {"", "none", "None", "HS256", "HS384", "HS512", "rs256", "RS256 ", "RS1", "ES256K", "Ed25519"}) {
    EXPECT_FALSE(parse_algorithm(name)) << name;
  }
}

TEST(AlgorithmSet, AllowsNothingUnlessNamed) {
  EXPECT_TRUE(AlgorithmSet().empty());
  const AlgorithmSet set{Algorithm::es256, Algorithm::rs256};
  EXPECT_TRUE(set.contains(Algorithm::rs256));
  EXPECT_FALSE(set.contains(Algorithm::rs384));
  EXPECT_EQ(set.text(), "RS256, ES256");
}

}  // namespace
}  // namespace callgate::jose
