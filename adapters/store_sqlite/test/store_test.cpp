// SPDX-License-Identifier: Apache-2.0
// What each operation of the port does, on a real file.
#include <gtest/gtest.h>

#include "asked.hpp"

namespace callgate::store_sqlite {
namespace {

using delivery::State;
using delivery::Stored;
using Keys = std::vector<std::string>;

class SqliteStoreTest : public ::testing::Test {
 protected:
  void reopen() {
    store_.reset();
    store_ = open_store(at_path(folder_.file()), clock_);
    ask_ = Asked(*store_);
  }
  Keys due(base::WallTime now, std::size_t most = 100) {
    return keys_of(ask_.find_due("/api/callback", now, most)->heads);
  }
  std::int64_t number_of(const std::string& key) { return (*ask_.show(key))->number; }
  State state_of(const std::string& key) { return (*ask_.show(key))->state; }

  StandingClock clock_;
  Folder folder_;
  std::unique_ptr<SqliteStore> store_ = open_store(at_path(folder_.file()), clock_);
  Asked ask_{*store_};
};

void expect_same(const Stored& stored, const delivery::Accepted& accepted, std::size_t index) {
  EXPECT_EQ(stored.passage.route, accepted.passage.route);
  EXPECT_EQ(stored.passage.request_id, accepted.passage.request_id);
  EXPECT_EQ(stored.passage.method, accepted.passage.method);
  EXPECT_EQ(stored.passage.target, accepted.passage.target);
  EXPECT_EQ(stored.passage.received_at, accepted.passage.received_at);
  ASSERT_EQ(stored.passage.fields.size(), accepted.passage.fields.size());
  for (std::size_t i = 0; i < stored.passage.fields.size(); ++i) {
    EXPECT_EQ(stored.passage.fields[i].name, accepted.passage.fields[i].name);
    EXPECT_EQ(stored.passage.fields[i].value, accepted.passage.fields[i].value);
  }
  EXPECT_EQ(stored.verdict.provider, accepted.verdict.provider);
  EXPECT_EQ(stored.verdict.key_id, accepted.verdict.key_id);
  EXPECT_EQ(stored.verdict.key_set, accepted.verdict.key_set);
  EXPECT_EQ(stored.verdict.issuer, accepted.verdict.issuer);
  EXPECT_EQ(stored.verdict.audience, accepted.verdict.audience);
  EXPECT_EQ(stored.verdict.subject, accepted.verdict.subject);
  EXPECT_EQ(stored.verdict.claims, accepted.verdict.claims);
  EXPECT_EQ(stored.verdict.judged_at, accepted.verdict.judged_at);
  const delivery::NewEvent& event = accepted.events[index];
  EXPECT_EQ(stored.event.key, event.key);
  EXPECT_EQ(stored.event.call, event.call);
  EXPECT_EQ(stored.event.id, event.id);
  EXPECT_EQ(stored.event.type, event.type);
  EXPECT_EQ(stored.event.body, event.body);
}

TEST_F(SqliteStoreTest, GivesBackWhatWasPutInByteForByteAcrossARestart) {
  delivery::Accepted accepted = request({event("a", "1", 5000), event("b", "2", 0)}, at(7us));
  accepted.events[1].body = std::string("\0\xff binary \n", 11);
  ASSERT_EQ(ask_.add(accepted)->fresh, 2U);
  for (int life = 0; life < 2; ++life) {
    expect_same(**ask_.show("1"), accepted, 0);
    expect_same(**ask_.show("2"), accepted, 1);
    const auto heads = ask_.find_due("/api/callback", at(1s))->heads;
    ASSERT_EQ(heads.size(), 2U);
    expect_same(heads[0], accepted, 0);
    EXPECT_LT(heads[0].number, heads[1].number);
    reopen();
  }
  EXPECT_FALSE(*ask_.show("3"));
}

TEST_F(SqliteStoreTest, TakesAnEventOnceAlsoAcrossARestart) {
  EXPECT_EQ(ask_.add(one("a", "1"))->fresh, 1U);
  EXPECT_EQ(ask_.add(one("a", "1"))->known, 1U);
  reopen();
  delivery::Accepted other = request({event("a", "1"), event("a", "2"), event("a", "2")});
  other.events[0].body = "another body";
  const auto added = ask_.add(other);
  EXPECT_EQ(added->fresh, 1U);
  EXPECT_EQ(added->known, 2U);
  EXPECT_EQ((*ask_.show("1"))->event.body, event("a", "1").body);
  EXPECT_EQ(ask_.stats()->queued, 2U);
  ASSERT_TRUE(ask_.record(delivered(number_of("1"), at(1s))));
  EXPECT_EQ(ask_.add(one("a", "1"))->known, 1U);
  EXPECT_EQ(state_of("1"), State::delivered);
}

TEST_F(SqliteStoreTest, HandsOutTheHeadOfEachLaneWhenItIsDue) {
  ask_.add(one("a", "a1", at(1s)));
  ask_.add(one("b", "b1", at(2s)));
  ask_.add(one("a", "a2", at(3s)));
  ask_.add(one("a", "other", at(4s), "/elsewhere"));
  EXPECT_EQ(due(at(0s)), Keys{});
  EXPECT_EQ(ask_.find_due("/api/callback", at(0s))->next, at(1s));
  EXPECT_EQ(due(at(9s)), (Keys{"a1", "b1"}));
  EXPECT_EQ(due(at(9s), 1), Keys{"a1"});
  EXPECT_EQ(keys_of(ask_.find_due("/elsewhere", at(9s))->heads), Keys{"other"});
  EXPECT_TRUE(ask_.find_due("/nowhere", at(9s))->heads.empty());

  ask_.record(failed(number_of("a1"), at(10s), at(60s), 1));
  EXPECT_EQ(due(at(11s)), Keys{"b1"});
  EXPECT_EQ(ask_.find_due("/api/callback", at(11s))->next, at(60s));
  EXPECT_EQ((*ask_.show("a1"))->attempts, 1);
  EXPECT_EQ((*ask_.show("a1"))->note, "503");
  EXPECT_EQ((*ask_.show("a1"))->first_tried_at, at(10s));
  EXPECT_EQ(due(at(60s)), (Keys{"b1", "a1"}));

  ask_.record(delivered(number_of("a1"), at(61s)));
  EXPECT_EQ(due(at(61s)), (Keys{"b1", "a2"}));
  EXPECT_EQ((*ask_.show("a1"))->ended_at, at(61s));
  ask_.record(given_up(number_of("a2"), at(62s)));
  ask_.record(delivered(number_of("b1"), at(62s)));
  EXPECT_EQ(due(at(99s)), Keys{});
  EXPECT_FALSE(ask_.find_due("/api/callback", at(99s))->next);
  EXPECT_EQ(state_of("a2"), State::dead);
}

TEST_F(SqliteStoreTest, AReportOnWhatIsNotQueuedChangesNothing) {
  ask_.add(one("a", "1"));
  const std::int64_t number = number_of("1");
  ask_.record(given_up(number, at(1s)));
  EXPECT_TRUE(ask_.record(delivered(number, at(2s))));
  EXPECT_TRUE(ask_.record(delivered(number + 100, at(2s))));
  EXPECT_EQ(state_of("1"), State::dead);
  EXPECT_EQ((*ask_.show("1"))->note, "410");
}

TEST_F(SqliteStoreTest, ADueTimeFarAheadWasWrittenByAClockThatWentBack) {
  ask_.add(one("a", "1", at(48h)));
  EXPECT_EQ(due(at(48h - delivery::kDueFarthest)), Keys{});
  EXPECT_EQ(due(at(48h - delivery::kDueFarthest - 1us)), Keys{"1"});
  ask_.add(one("b", "2", at(1s)));
  EXPECT_EQ(due(at(2s)), (Keys{"2", "1"}));
}

TEST_F(SqliteStoreTest, LendsEventsToOneConsumerAtATime) {
  for (const char* key : {"a1", "a2", "a3"}) ask_.add(one("a", key, at(1s)));
  ask_.add(one("b", "b1", at(2s)));
  const auto lease = ask_.take(3, 30s, at(3s));
  EXPECT_EQ(keys_of(lease->events), (Keys{"a1", "a2", "a3"}));
  EXPECT_EQ(lease->until, at(33s));
  EXPECT_EQ(lease->events[0].first_tried_at, at(3s));
  const auto second = ask_.take(10, 30s, at(3s));
  EXPECT_EQ(keys_of(second->events), Keys{"b1"});
  EXPECT_NE(lease->id, second->id);
  ask_.add(one("a", "a4", at(4s)));
  EXPECT_TRUE(ask_.take(10, 30s, at(5s))->events.empty());
  EXPECT_EQ(due(at(5s)), Keys{}) << "nobody else gets them";

  EXPECT_EQ(*ask_.ack(lease->id, {"a1", "a1", "b1", "unknown"}, at(6s)), 1U);
  EXPECT_TRUE(ask_.take(10, 30s, at(6s))->events.empty());
  EXPECT_EQ(*ask_.ack(lease->id, {}, at(7s)), 2U);
  EXPECT_EQ(*ask_.ack(lease->id, {}, at(7s)), 0U);
  EXPECT_EQ(state_of("a3"), State::taken);
  EXPECT_EQ((*ask_.show("a3"))->ended_at, at(7s));
  EXPECT_EQ(keys_of(ask_.take(10, 30s, at(7s))->events), Keys{"a4"});
  EXPECT_EQ(*ask_.ack("no such lease", {}, at(7s)), 0U);
}

TEST_F(SqliteStoreTest, ALeaseThatRunsOutIsLentAgain) {
  ask_.add(request({event("a", "a1"), event("a", "a2"), event("b", "b1")}, at(1s)));
  const auto lease = ask_.take(10, 30s, at(2s));
  ASSERT_EQ(lease->events.size(), 3U);
  EXPECT_EQ(*ask_.ack(lease->id, {"b1"}, at(3s)), 1U);
  ask_.add(one("b", "b2", at(4s)));
  EXPECT_TRUE(ask_.take(10, 30s, at(4s))->events.empty()) << "lane b is lent until all are acknowledged";
  EXPECT_EQ(due(at(32s)), (Keys{"a1", "b2"}));
  EXPECT_EQ(*ask_.ack(lease->id, {}, at(32s)), 0U);
  reopen();
  const auto again = ask_.take(10, 10s, at(33s));
  EXPECT_EQ(keys_of(again->events), (Keys{"a1", "a2", "b2"}));
  EXPECT_EQ(again->events[0].attempts, 1);
  EXPECT_EQ(again->events[0].note, "lease ran out");
  EXPECT_EQ(again->events[2].attempts, 0);
  EXPECT_EQ(*ask_.ack(lease->id, {}, at(34s)), 0U);
  EXPECT_EQ(*ask_.ack(again->id, {}, at(34s)), 3U);
}

TEST_F(SqliteStoreTest, ALeaseIsAtMostHalfAnHourAndOfAThousandEvents) {
  std::vector<delivery::NewEvent> events;
  for (int i = 0; i < 1100; ++i) events.push_back(event("a", std::to_string(i)));
  ask_.add(request(std::move(events)));
  const auto lease = ask_.take(5000, 10h, at(1s));
  EXPECT_EQ(lease->events.size(), 1000U);
  EXPECT_EQ(lease->until, at(1s + 30min));
  EXPECT_EQ(ask_.list(filter({}, "", 0, 5000))->size(), 1000U);
}

TEST_F(SqliteStoreTest, ALeaseStopsAtSixteenMebibytes) {
  for (int i = 0; i < 20; ++i) ask_.add(request({event("a", std::to_string(i), 1U << 20)}));
  EXPECT_EQ(ask_.take(100, 1s, at(1s))->events.size(), 15U);
}

TEST_F(SqliteStoreTest, RedeliversInTheOldPlace) {
  for (const char* key : {"1", "2", "3"}) ask_.add(one("a", key, at(1s)));
  ask_.record(given_up(number_of("1"), at(2s)));
  ask_.record(failed(number_of("2"), at(3s), at(100s)));
  EXPECT_EQ(due(at(4s)), Keys{});
  EXPECT_TRUE(*ask_.redeliver("1", at(5s)));
  EXPECT_FALSE(*ask_.redeliver("1", at(5s)));
  EXPECT_FALSE(*ask_.redeliver("unknown", at(5s)));
  EXPECT_EQ(due(at(5s)), Keys{"1"});
  const Stored stored = **ask_.show("1");
  EXPECT_EQ(stored.attempts, 0);
  EXPECT_EQ(stored.note, "");
  EXPECT_FALSE(stored.first_tried_at);
  EXPECT_FALSE(stored.ended_at);
  ask_.record(delivered(number_of("1"), at(6s)));
  EXPECT_EQ(due(at(6s)), Keys{"2"}) << "the lane's next event is due at once";
  ask_.record(delivered(number_of("2"), at(7s)));
  ask_.record(delivered(number_of("3"), at(7s)));
  EXPECT_TRUE(*ask_.redeliver("2", at(8s)));
  EXPECT_EQ(due(at(8s)), Keys{"2"});
}

TEST_F(SqliteStoreTest, ForgetsEverythingOfACallOnEveryRoute) {
  for (int i = 0; i < 700; ++i) store_->add(one("a", std::to_string(i)), [](auto) {});
  ask_.add(request({event("a", "x"), event("b", "y")}, at(1s), "/elsewhere"));
  ask_.record(delivered(number_of("0"), at(1s)));
  ask_.record(given_up(number_of("1"), at(1s)));
  ASSERT_EQ(ask_.take(10, 10s, at(2s))->events.size(), 10U);
  EXPECT_EQ(*ask_.forget("a"), 701U);
  EXPECT_EQ(*ask_.forget("a"), 0U);
  EXPECT_EQ(keys_of(*ask_.list({})), Keys{"y"});
  const auto stats = ask_.stats();
  EXPECT_EQ(stats->queued, 1U);
  EXPECT_EQ(stats->delivered + stats->taken + stats->dead, 0U);
  EXPECT_EQ(stats->lanes, 1U);
  EXPECT_EQ(keys_of(ask_.take(10, 10s, at(30s))->events), Keys{"y"});
  EXPECT_EQ(ask_.add(one("a", "0"))->fresh, 1U);
}

TEST_F(SqliteStoreTest, ListsByNumberWithoutBodiesAndClaims) {
  for (const char* key : {"a1", "b1", "a2", "b2", "a3"}) ask_.add(one(std::string(1, key[0]), key));
  ask_.record(given_up(number_of("a1"), at(1s)));
  ask_.record(delivered(number_of("b1"), at(1s)));
  const auto all = ask_.list({});
  EXPECT_EQ(keys_of(*all), (Keys{"a1", "b1", "a2", "b2", "a3"}));
  EXPECT_EQ((*all)[0].event.body, "");
  EXPECT_EQ((*all)[0].verdict.claims, "");
  EXPECT_EQ((*all)[0].verdict.issuer, "https://issuer.example");
  EXPECT_EQ(keys_of(*ask_.list(filter({}, "a"))), (Keys{"a1", "a2", "a3"}));
  EXPECT_EQ(keys_of(*ask_.list(filter({}, "a", 0, 2))), (Keys{"a1", "a2"}));
  EXPECT_EQ(keys_of(*ask_.list(filter(State::dead))), Keys{"a1"});
  EXPECT_EQ(keys_of(*ask_.list(filter(State::queued, "b"))), Keys{"b2"});
  EXPECT_EQ(keys_of(*ask_.list(filter({}, "", (*all)[2].number))), (Keys{"b2", "a3"}));
  EXPECT_EQ(keys_of(*ask_.list(filter(State::queued, "", (*all)[2].number, 1))), Keys{"b2"});
  EXPECT_TRUE(ask_.list(filter({}, "", 0, 0))->empty());
}

TEST_F(SqliteStoreTest, CountsWithoutCounting) {
  EXPECT_FALSE(ask_.stats()->oldest_queued_at);
  ask_.add(request({event("a", "a1"), event("a", "a2"), event("b", "b1")}, at(1s)));
  ask_.add(one("b", "b2", at(2s)));
  ask_.add(one("c", "c1", at(3s)));
  ask_.record(delivered(number_of("a1"), at(4s)));
  ask_.record(given_up(number_of("a2"), at(4s)));
  const auto lease = ask_.take(1, 10s, at(4s));
  ASSERT_EQ(keys_of(lease->events), Keys{"b1"});
  ask_.ack(lease->id, {}, at(5s));
  for (int life = 0; life < 2; ++life) {
    const auto stats = ask_.stats();
    EXPECT_EQ(stats->queued, 2U);
    EXPECT_EQ(stats->delivered, 1U);
    EXPECT_EQ(stats->dead, 1U);
    EXPECT_EQ(stats->taken, 1U);
    EXPECT_EQ(stats->lanes, 2U);
    EXPECT_EQ(stats->oldest_queued_at, at(2s));
    EXPECT_GT(stats->bytes, 8192U);
    EXPECT_LT(stats->bytes, 4U << 20);
    reopen();
  }
}

TEST_F(SqliteStoreTest, TellsWhatIsLentForAsLongAsItIs) {
  ask_.add(request({event("a", "a1"), event("a", "a2"), event("b", "b1"), event("c", "c1")}, at(0s)));
  const auto lent = [this](std::chrono::microseconds since) {
    clock_.set(at(since));
    Keys keys;
    const auto all = ask_.list({});
    for (const Stored& stored : *all) {
      const auto shown = *ask_.show(stored.event.key);
      EXPECT_EQ(shown->lent_until, stored.lent_until);
      if (!stored.lent_until) continue;
      EXPECT_EQ(stored.state, State::queued);
      EXPECT_EQ(stored.lent_until, at(11s));
      keys.push_back(stored.event.key);
    }
    EXPECT_EQ(ask_.stats()->lent, keys.size());
    return keys;
  };
  EXPECT_EQ(lent(0s), Keys{});
  const auto lease = ask_.take(3, 10s, at(1s));
  EXPECT_EQ(lent(1s), (Keys{"a1", "a2", "b1"}));
  ask_.ack(lease->id, {"a1"}, at(2s));
  EXPECT_EQ(lent(2s), (Keys{"a2", "b1"}));
  ask_.record(given_up(number_of("b1"), at(3s)));
  EXPECT_EQ(lent(3s), Keys{"a2"});
  reopen();
  EXPECT_EQ(lent(11s - 1us), Keys{"a2"});
  EXPECT_EQ(lent(11s), Keys{}) << "it may be taken again";
  EXPECT_EQ(lent(-2h), Keys{}) << "the clock was set back: a lease is not that long";
}

TEST_F(SqliteStoreTest, AnEmptyRequestIsNothing) {
  const auto added = ask_.add(request({}));
  EXPECT_EQ(added->fresh + added->known, 0U);
}

TEST_F(SqliteStoreTest, FinishesWhatIsQueuedBeforeItGoes) {
  std::atomic<int> done{0};
  for (int i = 0; i < 500; ++i)
    store_->add(one("a", std::to_string(i)), [&](auto added) { done += added ? 1 : 0; });
  store_.reset();
  EXPECT_EQ(done, 500);
  reopen();
  EXPECT_EQ(ask_.stats()->queued, 500U);
}

TEST(SqliteStoreBound, SaysSoForAsLongAsItRefuses) {
  const StandingClock clock;
  const Folder folder;
  Settings settings = at_path(folder.file());
  settings.bytes_max = 1U << 20;
  const auto store = open_store(settings, clock);
  Asked ask(*store);
  int taken = 0;
  while (ask.add(request({event("a", std::to_string(taken), 200'000)}, at(0s)))) ++taken;
  ASSERT_GT(taken, 0);
  EXPECT_TRUE(ask.stats());  // behind the housekeeping of the refusal
  EXPECT_NE(store->trouble().find("bytes_max"), std::string::npos) << store->trouble();
  EXPECT_EQ(*ask.forget("a"), static_cast<std::size_t>(taken));
  EXPECT_TRUE(ask.stats());
  EXPECT_EQ(store->trouble(), "");
}

TEST(SqliteStoreQueue, TurnsAwayAtOnceWhatDoesNotFit) {
  StandingClock clock;
  Folder folder;
  Settings settings = at_path(folder.file());
  settings.queue_jobs_max = 4;
  settings.queue_bytes_max = 100'000;
  auto store = open_store(settings, clock);
  Asked ask(*store);
  const auto large = ask.add(request({event("a", "large", 200'000)}));
  ASSERT_FALSE(large);
  EXPECT_NE(large.error().message.find("too much is waiting"), std::string::npos) << large.error().message;

  // The writer is held up in a callback; meanwhile the queue fills.
  std::promise<void> held;
  std::promise<void> go_on;
  store->stats([&](auto) {
    held.set_value();
    go_on.get_future().wait();
  });
  held.get_future().wait();
  std::promise<bool> stored[4];
  for (std::size_t i = 0; i < 4; ++i)
    store->add(one("a", std::to_string(i)),
               [&stored, i](auto added) { stored[i].set_value(added.has_value()); });
  EXPECT_FALSE(ask.add(one("a", "fifth"))) << "answered while the writer is held up";
  go_on.set_value();
  for (auto& each : stored) EXPECT_TRUE(each.get_future().get());
}

}  // namespace
}  // namespace callgate::store_sqlite
