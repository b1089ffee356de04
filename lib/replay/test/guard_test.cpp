// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/digest/sha2.hpp>
#include <callgate/replay/guard.hpp>

namespace callgate::replay {
namespace {

using refusal::Reason;
using refusal::Refusal;

TEST(TokenKey, IsTheSignedTextAlone) {
  const TokenKey key = *TokenKey::of_token("eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjF9.AAAA");
  const auto expected = digest::hash(digest::Sha2::sha256, "eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjF9");
  EXPECT_TRUE(std::equal(key.bytes().begin(), key.bytes().end(), expected.bytes.begin()));
  EXPECT_EQ(key.short_text(), digest::to_hex(expected.view()).substr(0, 12));
  EXPECT_EQ(key, *TokenKey::of_token("eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjF9.BBBB")) << "another signature";
  EXPECT_EQ(key, *TokenKey::of_token("eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjF9.")) << "no signature";
  EXPECT_NE(key, *TokenKey::of_token("eyJhbGciOiJFUzI1NiJ9.eyJleHAiOjJ9.AAAA")) << "another payload";
  EXPECT_NE(key, *TokenKey::of_token("eyJhbGciOiJFUzM4NCJ9.eyJleHAiOjF9.AAAA")) << "another header";
  EXPECT_NE(key, *TokenKey::of_token("eyJhbGciOiJFUzI1NiJ9eyJ.leHAiOjF9.AAAA")) << "the dot elsewhere";
  EXPECT_EQ(TokenKey::of_token("no dot at all").error().reason, Reason::token_malformed);
}

TEST(BodyMark, OfEachRouteAndBodyIsAnother) {
  const std::string long_body(1'000'000, 'x');
  const std::vector<BodyMark> all{
      *BodyMark::of("/a", "body"),       *BodyMark::of("/b", "body"),
      *BodyMark::of("/a", "Body"),       *BodyMark::of("/ab", "ody"),
      *BodyMark::of("/", "abody"),       *BodyMark::of("", "/abody"),
      *BodyMark::of("/abody", ""),       *BodyMark::of("/a", ""),
      *BodyMark::of("/a", "", "body"),   *BodyMark::of("", "body", "/a"),
      *BodyMark::of("/a", "dy", "bo"),   *BodyMark::of("/ab", "dy", "o"),
      *BodyMark::of("/a", "body", "id"), *BodyMark::of("/a", "body", std::string_view("\0", 1)),
      *BodyMark::of("/a", long_body),    *BodyMark::of("/a", long_body + "x"),
  };
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = 0; j < all.size(); ++j) EXPECT_EQ(all[i] == all[j], i == j) << i << " and " << j;
  }
  EXPECT_EQ(*BodyMark::of("/a", "body", "id"), *BodyMark::of("/a", "body", "id"));
}

TEST(Result, IsAWordForEachOutcome) {
  const Ticket ticket{*TokenKey::of_token("a.b.c"), *BodyMark::of("/", ""), 1};
  const struct {
    Outcome outcome;
    const char* word;
  } cases[] = {
      {First{ticket}, "first"},
      {First{ticket, 1}, "other_body"},
      {Repeat{200}, "repeat"},
      {Pending{true, std::chrono::milliseconds{1}}, "pending"},
      {Refusal{Reason::token_replayed, ""}, "replayed"},
      {Refusal{Reason::token_expired, ""}, "expired"},
      {Refusal{Reason::replay_store_unavailable, ""}, "unavailable"},
  };
  EXPECT_EQ(std::size(cases), kResultCount);
  for (const auto& [outcome, word] : cases) EXPECT_EQ(to_text(result_of(outcome)), word);
}

}  // namespace
}  // namespace callgate::replay
