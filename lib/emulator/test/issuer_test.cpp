// SPDX-License-Identifier: Apache-2.0
#include "issuer.hpp"

#include <gtest/gtest.h>

#include <vector>

#include "fixed_clock.hpp"
#include "read_token.hpp"

namespace callgate::emulator {
namespace {

const FixedClock kClock;

Issuer make_issuer() {
  return Issuer::make({"http://127.0.0.1:8085", "audience", true}, 1024, kClock).value();
}

std::vector<std::string> published(const Issuer& issuer) {
  const std::string text = issuer.key_set();
  const auto document = json::parse(text);
  std::vector<std::string> kids;
  for (const json::Value& key : document->root().find("keys")->elements()) {
    kids.emplace_back(*key.find("kid")->as_string());
  }
  return kids;
}

std::string kid_of(const std::string& token) {
  return text_in(read_token(token)->header, "kid");
}

TEST(Issuer, DiscoveryNamesIssuerAndKeys) {
  const auto document = json::parse(make_issuer().discovery_document());
  ASSERT_TRUE(document);
  const json::Value root = document->root();
  EXPECT_EQ(root.find("issuer")->as_string(), "http://127.0.0.1:8085");
  EXPECT_EQ(root.find("jwks_uri")->as_string(), "http://127.0.0.1:8085/calling/keys");
  EXPECT_EQ(root.find("id_token_signing_alg_values_supported")->elements().at(0).as_string(), "RS256");
}

TEST(Issuer, SignsWithAPublishedKey) {
  const Issuer issuer = make_issuer();
  EXPECT_EQ(published(issuer), std::vector{kid_of(issuer.mint({}))});
}

TEST(Issuer, OutsiderIsNeverPublished) {
  Issuer issuer = make_issuer();
  const std::string outsider = kid_of(issuer.mint({.fault = Fault::unknown_kid, .claims = {}, .header = {}}));
  for (int i = 0; i < 3; ++i) {
    for (const std::string& kid : published(issuer)) EXPECT_NE(kid, outsider);
    ASSERT_TRUE(issuer.rotate());
  }
}

TEST(Issuer, RotationKeepsThePreviousKeyAndNoOlderOne) {
  Issuer issuer = make_issuer();
  const std::string first = kid_of(issuer.mint({}));
  const std::string second = issuer.rotate().value();
  EXPECT_EQ(kid_of(issuer.mint({})), second);
  EXPECT_EQ(published(issuer), (std::vector{second, first}));
  const std::string third = issuer.rotate().value();
  EXPECT_EQ(kid_of(issuer.mint({})), third);
  EXPECT_EQ(published(issuer), (std::vector{third, second}));
}

TEST(Issuer, RefusesImpossibleKeySizes) {
  EXPECT_FALSE(Issuer::make({"i", "a", true}, 100, kClock));
}

}  // namespace
}  // namespace callgate::emulator
