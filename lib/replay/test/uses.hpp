// SPDX-License-Identifier: Apache-2.0
#pragma once
// Tokens, bodies and moments by number, and calls of a ledger as if they returned what they tell.

#include <gtest/gtest.h>

#include <callgate/replay/store.hpp>
#include <optional>
#include <string>

namespace callgate::replay {

using namespace std::chrono_literals;

inline TokenKey token(std::uint64_t number) {
  return *TokenKey::of_token("header.payload" + std::to_string(number) + ".signature");
}

inline BodyMark body(std::uint64_t number) {
  return *BodyMark::of("/api/callback", "body " + std::to_string(number));
}

// A moment of a world whose two clocks agree, `since` its beginning.
inline Moment at(std::chrono::milliseconds since) {
  return {base::WallTime{1'800'000'000s} + since, base::MonoTime{5h} + since};
}

constexpr std::chrono::seconds kLife = 330s;
constexpr std::chrono::seconds kLease = 35s;

// Use of a token that was made at the beginning and can be forgotten after kLife.
inline Use use(std::uint64_t token_number, std::uint64_t body_number, Mode mode = Mode::enforce) {
  return {.token = token(token_number),
          .body = body(body_number),
          .mode = mode,
          .forget_after = at(kLife).wall,
          .made_at = std::nullopt,
          .lease = kLease};
}

// The ledger in memory answers before the call returns.
inline Outcome claim(ReplayStore& store, const Use& use, Moment now) {
  std::optional<Outcome> told;
  store.claim(use, now, [&](Outcome outcome) {
    EXPECT_FALSE(told) << "told twice";
    told = std::move(outcome);
  });
  EXPECT_TRUE(told) << "not told";
  return told.value_or(refusal::Refusal{refusal::Reason::overloaded, ""});
}

inline Result claimed(ReplayStore& store, const Use& use, Moment now) {
  return result_of(claim(store, use, now));
}

// The ticket of a claim that is the first.
inline Ticket ticket_of(ReplayStore& store, const Use& use, Moment now) {
  const Outcome outcome = claim(store, use, now);
  const auto* first = std::get_if<First>(&outcome);
  EXPECT_NE(first, nullptr) << to_text(result_of(outcome));
  return first == nullptr ? Ticket{use.token, use.body, 0} : first->ticket;
}

inline bool settle(ReplayStore& store, const Ticket& ticket, int status) {
  std::optional<bool> told;
  store.settle(ticket, status, [&](bool counted) { told = counted; });
  EXPECT_TRUE(told) << "not told";
  return told.value_or(false);
}

inline bool give_back(ReplayStore& store, const Ticket& ticket) {
  std::optional<bool> told;
  store.give_back(ticket, [&](bool counted) { told = counted; });
  EXPECT_TRUE(told) << "not told";
  return told.value_or(false);
}

}  // namespace callgate::replay
