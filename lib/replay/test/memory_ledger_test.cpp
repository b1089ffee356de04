// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/replay/memory_ledger.hpp>
#include <vector>

#include "uses.hpp"

namespace callgate::replay {
namespace {

using refusal::Reason;
using refusal::Refusal;
using What = Awaited::What;

MemoryLedger::Settings small(std::size_t records, std::size_t waiters = 100) {
  return {.records_max = records, .waiters_max = waiters, .shards = 1};
}

// What waiting tells, in order; each wait must be told once.
struct Waits {
  ReplayStore::OnAwaited another() {
    return [this](Awaited awaited) { told.push_back(awaited); };
  }
  std::vector<Awaited> told;
};

// ---- The same use again ----

TEST(MemoryLedger, ARepeatGetsTheStatusOfTheFirst) {
  for (const int status : {200, 204, 404, 500, 599}) {
    MemoryLedger ledger;
    ASSERT_TRUE(settle(ledger, ticket_of(ledger, use(1, 1), at(0s)), status));
    for (const auto later : {0ms, 1ms, 60'000ms, 329'999ms}) {
      const Outcome outcome = claim(ledger, use(1, 1), at(later));
      ASSERT_EQ(result_of(outcome), Result::repeat) << status << " after " << later.count() << " ms";
      EXPECT_EQ(std::get<Repeat>(outcome).status, status);
    }
  }
}

TEST(MemoryLedger, OtherTokensAreOtherUses) {
  MemoryLedger ledger;
  EXPECT_EQ(claimed(ledger, use(1, 1), at(0s)), Result::first);
  EXPECT_EQ(claimed(ledger, use(2, 1), at(0s)), Result::first);
  EXPECT_EQ(ledger.records(), 2U);
}

TEST(MemoryLedger, AUseInWorkIsPendingUntilItsLeaseEnds) {
  MemoryLedger ledger;
  EXPECT_EQ(claimed(ledger, use(1, 1), at(0s)), Result::first);
  const Outcome outcome = claim(ledger, use(1, 1), at(1s));
  ASSERT_EQ(result_of(outcome), Result::pending);
  EXPECT_TRUE(std::get<Pending>(outcome).here);
  EXPECT_EQ(std::get<Pending>(outcome).lease_left, kLease - 1s);
  EXPECT_EQ(claimed(ledger, use(1, 1), at(kLease - 1ms)), Result::pending);
  EXPECT_EQ(claimed(ledger, use(1, 1), at(kLease)), Result::first);
  EXPECT_EQ(claimed(ledger, use(1, 1), at(kLease)), Result::pending) << "the new try has a lease of its own";
}

TEST(MemoryLedger, WhoeverWaitsForTheLeaseToEndFindsItOver) {
  MemoryLedger ledger;
  EXPECT_EQ(claimed(ledger, use(1, 1), at(0s)), Result::first);
  Moment now = at(0s);
  now.mono += 1ns;  // not a whole number of milliseconds is left
  now.mono += std::get<Pending>(claim(ledger, use(1, 1), now)).lease_left;
  EXPECT_EQ(claimed(ledger, use(1, 1), now), Result::first);
}

TEST(MemoryLedger, AnOvertakenTicketCountsNoMore) {
  MemoryLedger ledger;
  const Ticket slow = ticket_of(ledger, use(1, 1), at(0s));
  const Ticket fresh = ticket_of(ledger, use(1, 1), at(kLease));
  EXPECT_FALSE(settle(ledger, slow, 200));
  EXPECT_FALSE(give_back(ledger, slow));
  EXPECT_EQ(claimed(ledger, use(1, 1), at(kLease)), Result::pending);
  EXPECT_TRUE(settle(ledger, fresh, 201));
  EXPECT_EQ(std::get<Repeat>(claim(ledger, use(1, 1), at(kLease))).status, 201);
}

TEST(MemoryLedger, ALateTicketThatNobodyOvertookStillCounts) {
  MemoryLedger ledger;
  const Ticket slow = ticket_of(ledger, use(1, 1), at(0s));
  EXPECT_EQ(claimed(ledger, use(2, 2), at(kLease + 1s)), Result::first);
  EXPECT_TRUE(settle(ledger, slow, 200));
  EXPECT_EQ(claimed(ledger, use(1, 1), at(kLease + 2s)), Result::repeat);
}

TEST(MemoryLedger, ATicketCountsOnce) {
  MemoryLedger ledger;
  const Ticket settled = ticket_of(ledger, use(1, 1), at(0s));
  EXPECT_TRUE(settle(ledger, settled, 200));
  EXPECT_FALSE(settle(ledger, settled, 500));
  EXPECT_FALSE(give_back(ledger, settled)) << "what was answered stays answered";
  EXPECT_EQ(std::get<Repeat>(claim(ledger, use(1, 1), at(0s))).status, 200);
  const Ticket failed = ticket_of(ledger, use(2, 1), at(0s));
  EXPECT_TRUE(give_back(ledger, failed));
  const Ticket again = ticket_of(ledger, use(2, 1), at(0s));
  EXPECT_FALSE(give_back(ledger, failed)) << "it names an earlier try";
  EXPECT_FALSE(settle(ledger, failed, 200));
  EXPECT_TRUE(settle(ledger, again, 200));
}

TEST(MemoryLedger, AUseGivenBackIsAsIfItHadNotBeen) {
  MemoryLedger ledger;
  EXPECT_TRUE(give_back(ledger, ticket_of(ledger, use(1, 1), at(0s))));
  EXPECT_EQ(ledger.records(), 0U);
  EXPECT_TRUE(give_back(ledger, ticket_of(ledger, use(1, 1), at(1s)))) << "the retry is a new try";
  EXPECT_EQ(claimed(ledger, use(1, 2), at(2s)), Result::first) << "no body is bound yet";
}

TEST(MemoryLedger, NobodyNeedsToBeToldThatATicketCounted) {
  MemoryLedger ledger;
  ledger.settle(ticket_of(ledger, use(1, 1), at(0s)), 200, nullptr);
  ledger.give_back(ticket_of(ledger, use(2, 1), at(0s)), nullptr);
  EXPECT_EQ(claimed(ledger, use(1, 1), at(0s)), Result::repeat);
  EXPECT_EQ(claimed(ledger, use(2, 1), at(0s)), Result::first);
}

// ---- Another body ----

TEST(MemoryLedger, EnforceRefusesAnotherBodyWhateverBecameOfTheFirst) {
  for (const bool is_settled : {false, true}) {
    MemoryLedger ledger;
    const Ticket ticket = ticket_of(ledger, use(1, 1), at(0s));
    if (is_settled) settle(ledger, ticket, 200);
    for (const auto later : {0s, 1s, kLease + 1s, kLife - 1s}) {
      const Outcome outcome = claim(ledger, use(1, 2), at(later));
      ASSERT_EQ(result_of(outcome), Result::replayed) << later.count();
      EXPECT_EQ(std::get<Refusal>(outcome).detail,
                "the token was used before with another body or on another route");
    }
    EXPECT_EQ(ledger.records(), 1U) << "a replay occupies nothing";
  }
}

TEST(MemoryLedger, AnotherRouteIsAnotherBody) {
  MemoryLedger ledger;
  EXPECT_EQ(claimed(ledger, use(1, 1), at(0s)), Result::first);
  Use elsewhere = use(1, 1);
  elsewhere.body = *BodyMark::of("/api/other", "body 1");
  EXPECT_EQ(claimed(ledger, elsewhere, at(0s)), Result::replayed);
}

TEST(MemoryLedger, ObserveLetsEightBodiesPassAndTells) {
  MemoryLedger ledger;
  for (std::uint64_t n = 0; n < kObservedBodiesMax; ++n) {
    const Outcome outcome = claim(ledger, use(1, n, Mode::observe), at(0s));
    ASSERT_TRUE(std::holds_alternative<First>(outcome)) << n;
    EXPECT_EQ(std::get<First>(outcome).other_bodies, n);
    if (n % 2 == 0) settle(ledger, std::get<First>(outcome).ticket, 200);
  }
  const Outcome ninth = claim(ledger, use(1, 8, Mode::observe), at(0s));
  ASSERT_EQ(result_of(ninth), Result::replayed);
  EXPECT_EQ(std::get<Refusal>(ninth).detail,
            "the token was used before with 8 different bodies; no further one is let through");
  EXPECT_EQ(claimed(ledger, use(1, 6, Mode::observe), at(0s)), Result::repeat) << "each by itself";
  EXPECT_EQ(claimed(ledger, use(1, 7, Mode::observe), at(0s)), Result::pending);
  EXPECT_EQ(ledger.records(), kObservedBodiesMax);
}

TEST(MemoryLedger, UnderObserveOnlyTheBodyThatFailedIsForgotten) {
  MemoryLedger ledger;
  settle(ledger, ticket_of(ledger, use(1, 1, Mode::observe), at(0s)), 200);
  const Ticket second = ticket_of(ledger, use(1, 2, Mode::observe), at(0s));
  settle(ledger, ticket_of(ledger, use(1, 3, Mode::observe), at(0s)), 203);
  EXPECT_TRUE(give_back(ledger, second));
  EXPECT_EQ(claimed(ledger, use(1, 1, Mode::observe), at(0s)), Result::repeat);
  EXPECT_EQ(claimed(ledger, use(1, 3, Mode::observe), at(0s)), Result::repeat);
  const Outcome again = claim(ledger, use(1, 2, Mode::observe), at(0s));
  ASSERT_EQ(result_of(again), Result::other_body);
  EXPECT_EQ(std::get<First>(again).other_bodies, 2U);
}

TEST(MemoryLedger, ATryTakenUpAgainIsNoFurtherBody) {
  MemoryLedger ledger;
  EXPECT_EQ(claimed(ledger, use(1, 1, Mode::observe), at(0s)), Result::first);
  EXPECT_EQ(claimed(ledger, use(1, 2, Mode::observe), at(0s)), Result::other_body);
  EXPECT_EQ(claimed(ledger, use(1, 1, Mode::observe), at(kLease)), Result::first) << "counted before";
}

TEST(MemoryLedger, TheModeOfTheClaimDecides) {
  MemoryLedger ledger;
  EXPECT_EQ(claimed(ledger, use(1, 1, Mode::enforce), at(0s)), Result::first);
  EXPECT_EQ(claimed(ledger, use(1, 2, Mode::observe), at(0s)), Result::other_body);
  EXPECT_EQ(claimed(ledger, use(1, 3, Mode::enforce), at(0s)), Result::replayed);
}

// ---- Time ----

TEST(MemoryLedger, ARecordGoesOnlyWhenBothClocksSaySo) {
  const struct {
    const char* what;
    std::chrono::seconds wall;
    std::chrono::seconds mono;
    Result result;
  } cases[] = {
      {"nothing passed", 0s, 0s, Result::repeat},
      {"one second to go", kLife - 1s, kLife - 1s, Result::repeat},
      {"the wall clock was set ahead and back", 10s, 10s, Result::repeat},
      {"the wall clock was set back", -3600s, kLife - 1s, Result::repeat},
      {"the wall clock was set back, and long ago", -3600s, kLife + 7200s, Result::repeat},
      {"past its expiry a claim is late", kLife, kLife, Result::expired},
      {"set ahead, a claim is late", kLife + 3600s, 1s, Result::expired},
  };
  for (const auto& [what, wall, mono, result] : cases) {
    MemoryLedger ledger;
    settle(ledger, ticket_of(ledger, use(1, 1), at(0s)), 200);
    ledger.prune({at(kLife + 3600s).wall, at(kLife - 1s).mono}, 100);  // set ahead for a moment
    EXPECT_EQ(claimed(ledger, use(1, 1), {at(wall).wall, at(mono).mono}), result) << what;
  }
}

TEST(MemoryLedger, PruningAsksBothClocksToTheMillisecond) {
  MemoryLedger ledger;
  settle(ledger, ticket_of(ledger, use(1, 1), at(0s)), 200);
  EXPECT_EQ(ledger.prune({at(kLife).wall, at(kLife - 1ms).mono}, 100), 0U);
  EXPECT_EQ(ledger.prune({at(kLife - 1ms).wall, at(kLife).mono}, 100), 0U);
  EXPECT_EQ(ledger.prune(at(kLife), 100), 1U);
  EXPECT_EQ(ledger.records(), 0U);
}

// The wall clock is four minutes ahead when the token, made ten seconds ago, is used, and is set right later:
// what seemed its last minute and a half is more than five.
TEST(MemoryLedger, AClockThatWasAheadAtTheClaimMakesNoTokenNewAgain) {
  MemoryLedger ledger;
  Use first = use(1, 1);
  first.made_at = at(0s).wall;
  settle(ledger, ticket_of(ledger, first, {at(250s).wall, at(10s).mono}), 200);
  EXPECT_EQ(ledger.prune({at(340s).wall, at(100s).mono}, 100), 0U);
  EXPECT_EQ(claimed(ledger, first, at(101s)), Result::repeat);
  EXPECT_EQ(claimed(ledger, first, at(kLife - 1s)), Result::repeat);
  EXPECT_EQ(ledger.prune(at(kLife + 10s), 100), 1U);
}

TEST(MemoryLedger, WithoutItsMakingTheLifeCountsFromTheClaim) {
  MemoryLedger ledger;
  settle(ledger, ticket_of(ledger, use(1, 1), {at(250s).wall, at(10s).mono}), 200);
  EXPECT_EQ(ledger.prune({at(kLife).wall, at(10s + 79s).mono}, 100), 0U);
  EXPECT_EQ(ledger.prune({at(kLife).wall, at(10s + 80s).mono}, 100), 1U);
}

TEST(MemoryLedger, AMakingInTheFutureShortensNothing) {
  MemoryLedger ledger;
  Use early = use(1, 1);
  early.made_at = at(20s).wall;  // the issuer's clock is ahead
  settle(ledger, ticket_of(ledger, early, at(0s)), 200);
  EXPECT_EQ(ledger.prune({at(kLife).wall, at(kLife - 1s).mono}, 100), 0U);
}

TEST(MemoryLedger, LivesTooLongForTheMonotonicClockAreLeftToTheWallClock) {
  MemoryLedger ledger;
  Use endless = use(1, 1);
  endless.forget_after = base::WallTime{std::chrono::seconds{253'402'300'799}};  // the year 9999
  endless.made_at = base::WallTime{};
  settle(ledger, ticket_of(ledger, endless, at(0s)), 200);
  EXPECT_EQ(claimed(ledger, endless, at(24h * 365 * 50)), Result::repeat);
  EXPECT_EQ(ledger.prune({endless.forget_after, at(1h).mono}, 100), 0U) << "no number may wrap";
}

TEST(MemoryLedger, ARecordOutlivesItsTokenAsLongAsItsLease) {
  MemoryLedger ledger;
  Use late = use(1, 1);
  const Ticket ticket = ticket_of(ledger, late, at(kLife - 1s));
  EXPECT_EQ(ledger.prune(at(kLife + 30s), 100), 0U);
  EXPECT_TRUE(settle(ledger, ticket, 200)) << "its waiters are told";
  EXPECT_EQ(ledger.prune(at(kLife + 30s), 100), 1U);
}

TEST(MemoryLedger, AForgottenTicketCountsNoMore) {
  MemoryLedger ledger;
  const Ticket ticket = ticket_of(ledger, use(1, 1), at(0s));
  EXPECT_EQ(ledger.prune(at(kLife), 100), 1U);
  EXPECT_FALSE(settle(ledger, ticket, 200));
  EXPECT_FALSE(give_back(ledger, ticket));
}

// Most of them before the hand has come by.
TEST(MemoryLedger, ARecordThatMayGoIsNoRecord) {
  MemoryLedger ledger(small(1'000));
  for (std::uint64_t n = 0; n < 300; ++n) settle(ledger, ticket_of(ledger, use(n, 1), at(0s)), 200);
  for (std::uint64_t n = 0; n < 300; ++n) {
    Use longer = use(n, 2);
    longer.forget_after = at(2 * kLife).wall;
    EXPECT_EQ(claimed(ledger, longer, at(kLife)), Result::first) << n;
  }
  EXPECT_EQ(ledger.records(), 300U);
}

// ---- Bounds ----

TEST(MemoryLedger, FullRefusesAndForgetsNothing) {
  MemoryLedger ledger(small(10));
  EXPECT_EQ(ledger.records_max(), 10U);
  const Ticket first = ticket_of(ledger, use(0, 0), at(0s));
  for (std::uint64_t n = 1; n < 10; ++n) settle(ledger, ticket_of(ledger, use(n, 0), at(0s)), 200);
  const Outcome full = claim(ledger, use(10, 0), at(1s));
  ASSERT_EQ(result_of(full), Result::unavailable);
  EXPECT_EQ(std::get<Refusal>(full).reason, Reason::replay_store_unavailable);
  EXPECT_EQ(claimed(ledger, use(1, 1, Mode::observe), at(1s)), Result::unavailable) << "a body needs room";
  EXPECT_EQ(claimed(ledger, use(0, 0), at(1s)), Result::pending);
  EXPECT_EQ(claimed(ledger, use(1, 1), at(1s)), Result::replayed);
  for (std::uint64_t n = 1; n < 10; ++n) EXPECT_EQ(claimed(ledger, use(n, 0), at(1s)), Result::repeat);
  EXPECT_TRUE(give_back(ledger, first));
  EXPECT_EQ(claimed(ledger, use(10, 0), at(1s)), Result::first) << "there is room again";
  EXPECT_EQ(claimed(ledger, use(0, 0), at(1s)), Result::unavailable);
}

TEST(MemoryLedger, AFullOneMakesRoomOfWhatMayGo) {
  MemoryLedger ledger(small(50));
  for (std::uint64_t n = 0; n < 50; ++n) {
    Use sooner = use(n, 0);
    if (n == 20) sooner.forget_after = at(100s).wall;
    settle(ledger, ticket_of(ledger, sooner, at(0s)), 200);
  }
  Use next = use(50, 0);
  EXPECT_EQ(claimed(ledger, next, at(99s)), Result::unavailable);
  EXPECT_EQ(claimed(ledger, next, at(100s)), Result::first);
}

TEST(MemoryLedger, ClaimsClearAwayAFewAtATime) {
  MemoryLedger ledger(small(1'000));
  for (std::uint64_t n = 0; n < 1'000; ++n) settle(ledger, ticket_of(ledger, use(n, 0), at(0s)), 200);
  std::size_t before = ledger.records();
  for (std::uint64_t n = 0; before > n && n < 1'000; ++n) {
    Use fresh = use(1'000 + n, 0);
    fresh.forget_after = at(2 * kLife).wall;
    ASSERT_EQ(claimed(ledger, fresh, at(kLife)), Result::first) << n;
    const std::size_t now = ledger.records();
    // The first meets a full table and looks harder.
    EXPECT_LE(before - std::min(now, before), n == 0 ? 72U : 8U) << n;
    before = now;
  }
  EXPECT_LT(ledger.records(), 200U) << "an eighth of the claims is enough";
}

TEST(MemoryLedger, PruningLooksAtNoMoreThanItIsTold) {
  MemoryLedger ledger({.records_max = 4'000, .waiters_max = 10, .shards = 4, .shard_records_min = 1});
  for (std::uint64_t n = 0; n < 3'000; ++n) settle(ledger, ticket_of(ledger, use(n, 0), at(0s)), 200);
  EXPECT_EQ(ledger.prune(at(kLife), 100), 100U);
  EXPECT_EQ(ledger.prune(at(kLife), 700), 700U);
  while (ledger.prune(at(kLife), 1'000) > 0) {
  }
  EXPECT_EQ(ledger.records(), 0U);
  EXPECT_EQ(ledger.prune(at(kLife), 1'000), 0U);
}

TEST(MemoryLedger, ManyRecordsAreFoundAgainAndFillTheSharesEvenly) {
  MemoryLedger ledger({.records_max = 64'000, .waiters_max = 10});
  std::uint64_t held = 0;
  while (claimed(ledger, use(held, 0), at(0s)) == Result::first) ++held;
  EXPECT_GT(held, 64'000U * 96 / 100);
  for (std::uint64_t n = 0; n < held; ++n)
    ASSERT_EQ(claimed(ledger, use(n, 0), at(0s)), Result::pending) << n;
}

TEST(MemoryLedger, ItsShardsAreAPowerOfTwoThatFitsItsRecords) {
  const struct {
    std::size_t records, shards, records_min, held;
  } cases[] = {{1'000'000, 64, 4'096, 1'000'000},
               {1'000, 64, 4'096, 1'000},
               {8'193, 64, 4'096, 8'192},
               {100, 64, 1, 64},
               {100, 7, 1, 100},
               {3, 64, 1, 2},
               {1, 64, 1, 1},
               {0, 0, 1, 1},
               {10, 0, 1, 10}};
  for (const auto& [records, shards, records_min, held] : cases) {
    const MemoryLedger ledger(
        {.records_max = records, .waiters_max = 1, .shards = shards, .shard_records_min = records_min});
    EXPECT_EQ(ledger.records_max(), held) << records << " in " << shards;
  }
}

TEST(MemoryLedger, ASmallOneTakesAllThatItIsSaidToTake) {
  MemoryLedger ledger({.records_max = 1'000, .waiters_max = 10});
  std::uint64_t held = 0;
  while (claimed(ledger, use(held, 0), at(0s)) == Result::first) ++held;
  EXPECT_EQ(held, 1'000U);
}

// ---- Waiting ----

TEST(MemoryLedger, WhoeverWaitsIsToldTheOutcomeOnce) {
  const struct {
    const char* what;
    bool settles;
    std::vector<Awaited> told;
  } cases[] = {
      {"settled", true, {{What::settled, 202}, {What::settled, 202}}},
      {"given back", false, {{What::open}, {What::open}}},
  };
  for (const auto& [what, settles, told] : cases) {
    MemoryLedger ledger;
    Waits waits;
    const Ticket ticket = ticket_of(ledger, use(1, 1), at(0s));
    ledger.await(token(1), body(1), waits.another());
    ledger.await(token(1), body(1), waits.another());
    EXPECT_TRUE(waits.told.empty()) << what;
    EXPECT_EQ(ledger.waiters(), 2U);
    EXPECT_TRUE(settles ? settle(ledger, ticket, 202) : give_back(ledger, ticket));
    EXPECT_EQ(waits.told, told) << what;
    EXPECT_EQ(ledger.waiters(), 0U);
  }
}

TEST(MemoryLedger, WhoeverComesTooLateToWaitIsToldAtOnce) {
  MemoryLedger ledger;
  Waits waits;
  ledger.await(token(1), body(1), waits.another());
  settle(ledger, ticket_of(ledger, use(1, 1), at(0s)), 200);
  ledger.await(token(1), body(1), waits.another());
  ledger.await(token(1), body(2), waits.another());
  EXPECT_EQ(waits.told, (std::vector<Awaited>{{What::open}, {What::settled, 200}, {What::open}}));
  EXPECT_EQ(ledger.waiters(), 0U);
}

TEST(MemoryLedger, AWaitGoesOnWithWhoeverTookTheUseUp) {
  MemoryLedger ledger;
  Waits waits;
  const Ticket slow = ticket_of(ledger, use(1, 1), at(0s));
  ledger.await(token(1), body(1), waits.another());
  const Ticket fresh = ticket_of(ledger, use(1, 1), at(kLease));
  settle(ledger, slow, 500);
  EXPECT_TRUE(waits.told.empty());
  settle(ledger, fresh, 200);
  EXPECT_EQ(waits.told, (std::vector<Awaited>{{What::settled, 200}}));
}

TEST(MemoryLedger, AWaitForWhatIsForgottenEnds) {
  MemoryLedger ledger;
  Waits waits;
  ticket_of(ledger, use(1, 1), at(0s));
  ledger.await(token(1), body(1), waits.another());
  ledger.prune(at(kLife), 100);
  EXPECT_EQ(waits.told, (std::vector<Awaited>{{What::open}}));
}

TEST(MemoryLedger, WaitersAreBoundedInAllAndForOneUse) {
  MemoryLedger ledger(small(100, 20));
  Waits waits;
  const Ticket first = ticket_of(ledger, use(1, 1), at(0s));
  const Ticket second = ticket_of(ledger, use(2, 1), at(0s));
  for (int i = 0; i < 16; ++i) ledger.await(token(1), body(1), waits.another());
  EXPECT_TRUE(waits.told.empty());
  ledger.await(token(1), body(1), waits.another());
  EXPECT_EQ(waits.told, (std::vector<Awaited>{{What::unavailable}})) << "the seventeenth for one use";
  for (int i = 0; i < 4; ++i) ledger.await(token(2), body(1), waits.another());
  EXPECT_EQ(waits.told.size(), 1U);
  ledger.await(token(2), body(1), waits.another());
  EXPECT_EQ(waits.told.size(), 2U) << "the twenty-first in all";
  EXPECT_EQ(waits.told.back(), (Awaited{What::unavailable}));
  settle(ledger, first, 200);
  settle(ledger, second, 200);
  EXPECT_EQ(waits.told.size(), 22U);
  EXPECT_EQ(ledger.waiters(), 0U);
}

TEST(MemoryLedger, ACallbackMayCallAgain) {
  MemoryLedger ledger;
  const Ticket ticket = ticket_of(ledger, use(1, 1), at(0s));
  std::optional<Result> retried;
  ledger.await(token(1), body(1), [&](Awaited awaited) {
    EXPECT_EQ(awaited.what, What::open);
    ledger.claim(use(1, 1), at(1s), [&](const Outcome& outcome) {
      retried = result_of(outcome);
      ledger.settle(std::get<First>(outcome).ticket, 200, nullptr);
    });
  });
  EXPECT_TRUE(give_back(ledger, ticket));
  EXPECT_EQ(retried, Result::first);
  EXPECT_EQ(claimed(ledger, use(1, 1), at(1s)), Result::repeat);
}

}  // namespace
}  // namespace callgate::replay
