// SPDX-License-Identifier: Apache-2.0
#include "key_history.hpp"

#include <gtest/gtest.h>
#include <callgate/mint/signing_key.hpp>

namespace callgate::gateway {
namespace {

const base::WallTime kFirst{std::chrono::seconds{100}}, kLater{std::chrono::seconds{200}};

oidc::Keys set_of(const std::vector<mint::SigningKey>& keys) {
  return std::make_shared<const jose::KeySet>(*jose::KeySet::parse(mint::key_set(keys.data(), keys.size())));
}

TEST(KeyHistory, RemembersWhenEachKeyWasSeenAndSaysWhatChanged) {
  const auto a = *mint::SigningKey::generate_rsa(2048, "a");
  const auto b = *mint::SigningKey::generate_rsa(2048, "b");
  const auto another_a = *mint::SigningKey::generate_rsa(2048, "a");
  KeyHistory history;
  EXPECT_EQ(history.note(set_of({a}), "issuer", kFirst), "+a");
  EXPECT_EQ(history.note(set_of({a}), "issuer", kFirst), "");
  EXPECT_EQ(history.note(set_of({a, b}), "issuer", kLater), "+b");
  ASSERT_EQ(history.seen().size(), 2U);
  EXPECT_EQ(history.seen()[0].first_seen, kFirst);
  EXPECT_EQ(history.seen()[0].last_seen, kLater);
  EXPECT_EQ(history.seen()[1].first_seen, kLater);
  EXPECT_EQ(history.seen()[0].type, "RSA");
  EXPECT_EQ(history.seen()[0].bits, 2048);
  EXPECT_EQ(history.seen()[0].source, "issuer");
  EXPECT_EQ(history.note(set_of({another_a, b}), "issuer", kLater), "+a -a")
      << "the same name is not the same key";
  EXPECT_EQ(history.note(nullptr, "issuer", kLater), "-a -b");
  EXPECT_TRUE(history.seen().empty());
}

TEST(KeyHistory, AKeyIdCannotPassForSeveral) {
  const auto odd = *mint::SigningKey::generate_rsa(2048, "a -b\n");
  KeyHistory history;
  EXPECT_EQ(history.note(set_of({odd}), "issuer", kFirst), R"(+"a -b\n")");
}

}  // namespace
}  // namespace callgate::gateway
