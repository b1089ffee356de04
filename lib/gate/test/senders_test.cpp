// SPDX-License-Identifier: Apache-2.0
// Several senders on one route: who judges, who wins, and what a refusal says.
#include <gtest/gtest.h>

#include <callgate/gate/column.hpp>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using refusal::Reason;

const mint::SigningKey& other_key() {
  static const auto key = *mint::SigningKey::generate_rsa(2048, "key-2");
  return key;
}
// The same kid as the first issuer's, another key.
const mint::SigningKey& twin_key() {
  static const auto key = *mint::SigningKey::generate_rsa(2048, "key-1");
  return key;
}
jose::KeySet set_of(const mint::SigningKey& key) {
  return *jose::KeySet::parse(mint::key_set(&key, 1));
}

Provider named(const std::string& name, const std::string& issuer) {
  Provider out = provider();
  out.name = name;
  out.rules.issuer = issuer;
  return out;
}

std::string header(const std::string& kid) {
  return R"({"alg":"RS256","kid":")" + kid + R"("})";
}

std::string outcome(const TokenStep& step) {
  if (std::holds_alternative<ProvenToken>(step.outcome)) return "admit " + std::to_string(step.sender);
  if (const auto* needs = std::get_if<NeedsKeys>(&step.outcome)) {
    const bool unknown = needs->otherwise.reason == Reason::key_unknown;
    return unknown ? "needs keys"
                   : "needs keys, else " + std::string(refusal::to_text(needs->otherwise.reason));
  }
  return std::string(refusal::to_text(std::get<refusal::Refusal>(step.outcome).reason)) + " " +
         std::to_string(step.sender);
}

TEST(Senders, AreJudgedByTheKidThatTheirSetsHold) {
  const Provider first = named("first", "https://one.test"), second = named("second", "https://two.test");
  Provider elliptic = named("elliptic", "https://three.test");
  elliptic.algorithms = {jose::Algorithm::es256};
  const jose::KeySet one = set_of(signing_key()), two = set_of(other_key()), twin = set_of(twin_key());
  const std::string from_one = token(claims("https://one.test"));
  const std::string from_two = token(claims("https://two.test"), header("key-2"), other_key());
  const std::string from_twin = token(claims("https://two.test"), header("key-1"), twin_key());
  const std::string unknown = token(claims(), header("key-9"));
  const std::string expired = token(claims("https://two.test", kAudience, kNowSeconds - 900));
  const struct {
    const char* name;
    std::string token;
    std::vector<Sender> senders;
    const char* outcome;
  } rows[] = {
      {"the first one's", from_one, {{&first, &one}, {&second, &two}}, "admit 0"},
      {"the second one's", from_two, {{&first, &one}, {&second, &two}}, "admit 1"},
      {"both hold the kid, the first is meant", from_one, {{&first, &one}, {&second, &twin}}, "admit 0"},
      {"both hold the kid, the second is meant", from_twin, {{&first, &one}, {&second, &twin}}, "admit 1"},
      // one's key, but two's name in it: two's key of that name must not be forged by one's
      {"an issuer cannot speak for its twin",
       token(claims("https://two.test")),
       {{&first, &one}, {&second, &twin}},
       "issuer_mismatch 0"},
      {"the refusal that got furthest", expired, {{&first, &one}, {&second, &one}}, "token_expired 1"},
      {"nobody holds the kid", unknown, {{&first, &one}, {&second, &two}}, "needs keys"},
      {"nobody holds it, one set is missing",
       unknown,
       {{&first, &one}, {&second, nullptr}},
       "needs keys, else keys_unavailable"},
      {"the set of the one that is meant is there",
       from_one,
       {{&first, &one}, {&second, nullptr}},
       "admit 0"},
      {"all sets are missing", from_one, {{&first, nullptr}, {&second, nullptr}}, "keys_unavailable 0"},
      {"the other takes another algorithm", from_one, {{&elliptic, &two}, {&first, &one}}, "admit 1"},
      {"nobody takes the algorithm",
       from_one,
       {{&elliptic, &one}, {&elliptic, &two}},
       "algorithm_not_allowed 0"},
      {"one takes the algorithm, without the kid",
       unknown,
       {{&elliptic, &two}, {&first, &one}},
       "needs keys"},
      {"a judged token is not put off",
       token(claims(), header("key-1"), other_key()),
       {{&first, &one}, {&second, nullptr}},
       "signature_invalid 0"},
      {"no token at all", "", {{&first, &one}, {&second, &two}}, "token_malformed 0"},
  };
  for (const auto& row : rows)
    EXPECT_EQ(outcome(judge_token(bearer(row.token), row.senders, kNow)), row.outcome) << row.name;
}

TEST(Senders, SayWhenAProvenTokenWasMadeWhateverCameOfIt) {
  const Provider acs = provider();
  const std::vector<Sender> senders{{&acs, &keys()}};
  const base::WallTime early = kNow + std::chrono::seconds{100};
  const auto future =
      judge_token(bearer(token(claims("https://issuer.test", kAudience, kNowSeconds + 100))), senders, kNow);
  EXPECT_EQ(outcome(future), "token_not_yet_valid 0");
  EXPECT_EQ(future.issued_at, early);
  EXPECT_EQ(judge_token(bearer(token()), senders, kNow).issued_at, kNow - std::chrono::seconds{10});
  EXPECT_EQ(judge_token(bearer(token(claims(), header("key-1"), other_key())), senders, kNow).issued_at,
            std::nullopt);
}

}  // namespace
}  // namespace callgate::gate
