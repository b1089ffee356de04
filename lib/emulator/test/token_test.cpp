// SPDX-License-Identifier: Apache-2.0
#include "token.hpp"

#include <gtest/gtest.h>

#include <set>

#include "fixed_clock.hpp"
#include "read_token.hpp"

namespace callgate::emulator {
namespace {

const Signers& signers() {
  static const Signers pair{mint::SigningKey::generate_rsa(1024, "current").value(),
                            mint::SigningKey::generate_rsa(1024, "outsider").value()};
  return pair;
}

TokenTerms usual_terms() {
  return {"http://127.0.0.1:8085", "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21", true};
}

std::string minted(Fault fault, const TokenTerms& terms = usual_terms()) {
  return mint_token({.fault = fault, .claims = {}, .header = {}}, terms, signers(), FixedClock().wall());
}

// Every property in which the token differs from a good one.
std::set<std::string> differences(const std::string& text) {
  const auto token = read_token(text);
  if (!token) return {"form"};
  std::set<std::string> out;
  const auto check = [&](bool holds, const char* name) {
    if (!holds) out.insert(name);
  };
  check(text_in(token->header, "alg") == "RS256", "alg");
  check(text_in(token->header, "kid") == "current", "kid");
  check(text_in(token->header, "typ") == "JWT", "typ");
  check(text_in(token->claims, "iss") == usual_terms().issuer, "iss");
  check(text_in(token->claims, "aud") == usual_terms().audience, "aud");
  check(text_in(token->claims, "jti").size() == 36, "jti");
  check(number_in(token->claims, "exp") == kFixedSeconds + 300, "exp");
  check(number_in(token->claims, "nbf") == kFixedSeconds, "nbf");
  check(number_in(token->claims, "iat") == kFixedSeconds, "iat");
  check(signed_by(*token, signers().current), "signature");
  return out;
}

using Names = std::set<std::string>;

TEST(Token, GoodOneIsRight) {
  EXPECT_EQ(differences(minted(Fault::none)), Names{});
}

TEST(Token, EachFaultIsTheOnlyOne) {
  EXPECT_EQ(differences(minted(Fault::expired)), (Names{"exp", "iat", "nbf"}));
  EXPECT_EQ(differences(minted(Fault::early)), (Names{"nbf"}));
  EXPECT_EQ(differences(minted(Fault::wrong_audience)), (Names{"aud"}));
  EXPECT_EQ(differences(minted(Fault::wrong_issuer)), (Names{"iss"}));
  EXPECT_EQ(differences(minted(Fault::wrong_key)), (Names{"signature"}));
  EXPECT_EQ(differences(minted(Fault::unknown_kid)), (Names{"kid", "signature"}));
  EXPECT_EQ(differences(minted(Fault::alg_none)), (Names{"alg", "signature"}));
  EXPECT_EQ(differences(minted(Fault::hs256_public_key)), (Names{"alg", "signature"}));
  EXPECT_EQ(differences(minted(Fault::garbage_token)), (Names{"form"}));
  EXPECT_EQ(differences(minted(Fault::long_lifetime)), (Names{"exp"}));
}

TEST(Token, CallbackFaultsHaveAGoodToken) {
  for (const Fault fault :
       {Fault::no_token, Fault::replay_body, Fault::duplicate, Fault::reorder, Fault::batch}) {
    EXPECT_EQ(differences(minted(fault)), Names{}) << to_text(fault);
  }
}

TEST(Token, TimesAreFarOff) {
  const auto expired = read_token(minted(Fault::expired));
  EXPECT_EQ(number_in(expired->claims, "exp"), kFixedSeconds - 600);
  EXPECT_EQ(number_in(expired->claims, "exp") - number_in(expired->claims, "iat"), 300);
  EXPECT_EQ(number_in(read_token(minted(Fault::early))->claims, "nbf"), kFixedSeconds + 600);
  EXPECT_EQ(number_in(read_token(minted(Fault::long_lifetime))->claims, "exp"), kFixedSeconds + 86'400);
}

TEST(Token, SignaturesOfFaultsAreWhatTheirNamesSay) {
  EXPECT_TRUE(signed_by(*read_token(minted(Fault::wrong_key)), signers().outsider));
  const auto unknown = read_token(minted(Fault::unknown_kid));
  EXPECT_TRUE(signed_by(*unknown, signers().outsider));
  EXPECT_EQ(text_in(unknown->header, "kid"), "outsider");
  const auto none = read_token(minted(Fault::alg_none));
  EXPECT_EQ(text_in(none->header, "alg"), "none");
  EXPECT_EQ(none->signature, "");
  const std::string mixed = minted(Fault::hs256_public_key);
  const auto hs256 = read_token(mixed);
  EXPECT_EQ(text_in(hs256->header, "alg"), "HS256");
  EXPECT_EQ(mixed, mint::sign_token_hs256(signers().current.public_pem(), hs256->header, hs256->claims));
}

TEST(Token, JtiIsFreshOrLeftOut) {
  EXPECT_NE(text_in(read_token(minted(Fault::none))->claims, "jti"),
            text_in(read_token(minted(Fault::none))->claims, "jti"));
  TokenTerms terms = usual_terms();
  terms.with_jti = false;
  EXPECT_EQ(differences(minted(Fault::none, terms)), (Names{"jti"}));
}

TEST(Token, OrderReplacesAddsAndRemoves) {
  TokenOrder order;
  order.claims.set("exp", "\"soon\"");
  order.claims.set("iat", "null");
  order.claims.set("sub", R"({"a":[1]})");
  order.header.set("typ", "null");
  order.header.set("crit", R"(["b64"])");
  order.header.set("alg", "\"none\"");
  const auto token = read_token(mint_token(order, usual_terms(), signers(), FixedClock().wall()));
  ASSERT_TRUE(token);
  EXPECT_EQ(text_in(token->claims, "exp"), "soon");
  EXPECT_EQ(text_in(token->claims, "iat"), "(absent)");
  EXPECT_NE(token->claims.find(R"("sub":{"a":[1]})"), std::string::npos);
  EXPECT_EQ(token->header, R"({"alg":"none","kid":"current","crit":["b64"]})");
  EXPECT_TRUE(signed_by(*token, signers().current));
}

}  // namespace
}  // namespace callgate::emulator
