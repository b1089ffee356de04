// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "verbs.hpp"

namespace callgate::console {
namespace {

jose::KeySet some_keys() {
  return *jose::KeySet::parse(
      R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"},{"kid":"evil\u001b[31m","kty":"oct","k":"x"}]})");
}

TEST(Keys, TextNamesUsableKeysAndWhyOthersAreNotUsed) {
  const std::string text = key_set_text(some_keys());
  EXPECT_NE(text.find("\"k1\""), std::string::npos);
  EXPECT_NE(text.find("EC P-256"), std::string::npos);
  EXPECT_NE(text.find("oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U"), std::string::npos) << text;
  EXPECT_NE(text.find("1 usable, 1 not used"), std::string::npos);
  EXPECT_EQ(text.find('\x1b'), std::string::npos) << "a foreign kid cannot paint the terminal";
}

TEST(Keys, JsonHoldsTheSame) {
  const auto document = json::parse(key_sets_json({{"acs", some_keys()}, {"own", some_keys()}}));
  ASSERT_TRUE(document);
  const auto keys = document->root().find("keys")->elements();
  ASSERT_EQ(keys.size(), 2U);
  EXPECT_EQ(keys[0].find("bits")->as_integer(), 256);
  EXPECT_EQ(keys[0].find("algorithm")->kind(), json::Kind::null);
  EXPECT_EQ(keys[0].find("provider")->as_string(), "acs");
  EXPECT_EQ(keys[1].find("provider")->as_string(), "own");
  EXPECT_EQ(document->root().find("not_used")->size(), 2U);
}

TEST(Keys, SeveralProvidersHaveAHeadingEach) {
  const std::string one = key_set_text(some_keys());
  EXPECT_EQ(key_sets_text({{"acs", some_keys()}}), one);
  EXPECT_EQ(key_sets_text({{"acs", some_keys()}, {"own", some_keys()}}),
            "provider acs\n" + one + "\nprovider own\n" + one);
}

}  // namespace
}  // namespace callgate::console
