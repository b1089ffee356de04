// SPDX-License-Identifier: Apache-2.0
// Single rules of the dispatcher; what must hold whatever happens is in dispatcher_schedules_test.cpp.
#include <gtest/gtest.h>

#include <callgate/delivery/dispatcher.hpp>
#include <thread>

#include "fake_home.hpp"
#include "fake_store.hpp"

namespace callgate::delivery {
namespace {

using namespace std::chrono_literals;

class DispatcherTest : public testing::Test {
 protected:
  DispatcherTest() { make(); }

  void make() {
    dispatcher.emplace(
        home, store, sink,
        PushWatch{.tried =
                      [this](const Tried& tried) {
                        told += tried.stored.event.key + " " + std::string(to_text(tried.what)) + " " +
                                tried.note + " at " + std::to_string(tried.attempt) + "; ";
                      },
                  .breaker = [this](const std::string& application,
                                    bool open) { told += application + (open ? " opened; " : " closed; "); },
                  .trouble = [this](const std::string&) { told += "trouble; "; }});
  }
  void use(std::vector<PushRoute> routes = {{.path = "/a"}}) {
    dispatcher->use(std::move(routes));
    pass(25ms);
  }
  // Adds one event of each call; its key is route, call and a number. Time for the store to be asked passes.
  void add(const std::string& calls, const std::string& route = "/a") {
    for (const char call : calls) {
      store.add({.passage = {.route = route,
                             .request_id = "r",
                             .method = "POST",
                             .target = route,
                             .fields = {},
                             .received_at = home.now().wall},
                 .verdict = {},
                 .events = {{.key = route + call + std::to_string(++added),
                             .call = std::string(1, call),
                             .id = {},
                             .type = {},
                             .body = "b"}}},
                [this, route](const base::Result<Added>&) { dispatcher->on_added(route); });
    }
    pass(25ms);
  }
  // All that happens without time.
  void settle() {
    while (home.posted() > 0 || store.waiting() > 0) {
      while (store.waiting() > 0) store.run(failing ? FakeStore::End::refused : FakeStore::End::well);
      if (home.posted() > 0) home.run_posted();
    }
  }
  void pass(std::chrono::microseconds span) {
    const base::MonoTime until = home.now().mono + span;
    settle();
    while (home.now().mono < until) {
      home.pass(std::chrono::ceil<std::chrono::microseconds>(until - home.now().mono));
      settle();
    }
  }
  void end(std::size_t at, Pushed pushed) {
    sink.end(at, pushed);
    settle();
  }
  State state(const std::string& key) { return store.find(key)->state; }
  std::string attempt(std::size_t at) {
    return std::string(sink.pushes.at(at).request.head.headers.find("Callgate-Attempt").value_or(""));
  }

  FakeHome home;
  FakeStore store;
  FakeSink sink;
  std::string told;
  int added = 0;
  bool failing = false;
  std::optional<Dispatcher> dispatcher;
};

TEST_F(DispatcherTest, ALoneEventGoesAtOnce) {
  use();
  pass(10s);
  std::optional<base::MonoTime> pushed_at;
  sink.on_push = [&](const FakeSink::Push&) { pushed_at = home.now().mono; };
  const base::MonoTime added_at = home.now().mono;
  add("x");
  EXPECT_EQ(pushed_at, added_at) << "without that time passes";
  EXPECT_EQ(sink.pushes[0].route, "/a");
  EXPECT_EQ(sink.pushes[0].request.body, "b");
  EXPECT_EQ(attempt(0), "1");
  end(0, answered(204));
  EXPECT_EQ(state("/ax1"), State::delivered);
  EXPECT_EQ(told, "/ax1 delivered 204 at 1; ");
}

TEST_F(DispatcherTest, WhatTheStoreHeldBeforeGoesToo) {
  add("x");
  use();
  EXPECT_EQ(sink.pushes.size(), 1U);
}

TEST_F(DispatcherTest, EventsOfACallGoOneAfterTheOtherAndCallsSideBySide) {
  use();
  add("xxyx");
  pass(1s);
  EXPECT_EQ(sink.pushes.size(), 2U);
  end(1, answered(500));
  end(0, answered(200));
  pass(100ms);
  ASSERT_EQ(sink.pushes.size(), 1U);
  EXPECT_EQ(state("/ax1"), State::delivered);
  end(0, answered(410));
  pass(100ms);
  EXPECT_EQ(state("/ax2"), State::dead);
  end(0, answered(200));
  EXPECT_EQ(state("/ax4"), State::delivered);
  EXPECT_EQ(state("/ay3"), State::queued);
  EXPECT_EQ(store.find("/ay3")->note, "500");
  pass(1s);
  EXPECT_EQ(attempt(0), "2");
  end(0, answered(200));
  EXPECT_EQ(store.queued(), 0U);
  EXPECT_EQ(dispatcher->tried(), (std::array<std::uint64_t, kTriedCount>{3, 1, 1, 0}));
}

TEST_F(DispatcherTest, ASlowCallHoldsUpNoOther) {
  use({{.path = "/a", .parallel_max = 3}});
  add("x");
  for (int i = 0; i < 20; ++i) {
    add("y");
    pass(30ms);
    ASSERT_EQ(sink.pushes.size(), 2U) << i;
    end(1, answered(200));
  }
}

TEST_F(DispatcherTest, NoMoreAtOnceThanTheRouteAllows) {
  use({{.path = "/a", .parallel_max = 2}, {.path = "/b", .parallel_max = 1}});
  add("uvwx");
  add("uvwx", "/b");
  pass(1s);
  EXPECT_EQ(sink.pushes.size(), 3U);
  const auto views = dispatcher->routes();
  ASSERT_EQ(views.size(), 2U);
  EXPECT_EQ(views[0].path, "/a");
  EXPECT_EQ(views[0].pushing, 2U);
  EXPECT_EQ(views[1].pushing, 1U);
  EXPECT_EQ(views[1].reporting, 0U);
}

TEST_F(DispatcherTest, AReportThatIsNotTakenIsOfferedAgainAndNothingNewBegins) {
  use();
  add("xx");
  failing = true;
  end(0, answered(200));
  EXPECT_EQ(told, "/ax1 delivered 200 at 1; trouble; ");
  failing = false;
  add("y");
  pass(900ms);
  EXPECT_EQ(sink.pushes.size(), 0U) << "neither the lane nor another";
  EXPECT_EQ(dispatcher->routes()[0].reporting, 1U);
  failing = true;
  pass(3s);
  EXPECT_EQ(sink.pushes.size(), 0U);
  failing = false;
  pass(1s);
  EXPECT_EQ(state("/ax1"), State::delivered);
  pass(100ms);
  EXPECT_EQ(sink.pushes.size(), 2U);
  EXPECT_EQ(told, "/ax1 delivered 200 at 1; trouble; ") << "told once";
}

TEST_F(DispatcherTest, WhatWasAskedBeforeTheTroubleBeginsNothing) {
  use();
  add("x");
  pass(1s);
  store.add({.passage = {.route = "/a",
                         .request_id = {},
                         .method = {},
                         .target = {},
                         .fields = {},
                         .received_at = home.now().wall},
             .verdict = {},
             .events = {{.key = "y", .call = "y", .id = {}, .type = {}, .body = {}}}},
            [](const base::Result<Added>&) {});
  store.run();
  dispatcher->on_added("/a");
  home.run_posted();
  ASSERT_EQ(store.waiting(), 1U);
  store.run_untold();  // it is found, and not yet told
  sink.end(0, answered(200));
  store.run(FakeStore::End::refused);
  home.run_posted();
  store.tell(0);
  home.run_posted();
  EXPECT_EQ(sink.pushes.size(), 0U);
  pass(2s);
  EXPECT_EQ(sink.pushes.size(), 1U);
}

TEST_F(DispatcherTest, AStoreThatCannotBeAskedIsAskedAgain) {
  use();
  failing = true;
  dispatcher->on_added("/a");
  settle();
  failing = false;
  add("x");
  EXPECT_EQ(sink.pushes.size(), 0U);
  pass(1s);
  EXPECT_EQ(sink.pushes.size(), 1U);
}

TEST_F(DispatcherTest, ABusySinkIsNoTry) {
  use();
  add("x");
  end(0, {.what = Pushed::What::busy});
  EXPECT_EQ(sink.pushes.size(), 0U);
  pass(250ms);
  ASSERT_EQ(sink.pushes.size(), 1U);
  EXPECT_EQ(attempt(0), "1");
  EXPECT_EQ(store.find("/ax1")->attempts, 0);
  EXPECT_EQ(told, "/ax1 busy busy at 1; ");
}

TEST_F(DispatcherTest, AnOutageIsNoStormAndEatsNoTries) {
  use({{.path = "/a", .parallel_max = 8}});
  std::size_t connections = 0;
  for (int i = 0; i < 200; ++i) add(std::string(1, static_cast<char>('A' + i % 100)));
  const base::MonoTime begin = home.now().mono;
  const std::size_t asked = store.asked();
  while (home.now().mono < begin + 1h) {
    while (!sink.pushes.empty()) {
      ++connections;
      end(0, {.what = Pushed::What::unreachable});
    }
    home.pass(1h);
    settle();
  }
  EXPECT_LE(connections, 8U + 100U + 245U)
      << "each call once, a second apart; then the open breaker pauses 15 s and more";
  EXPECT_GE(connections, 120U);
  EXPECT_LE(store.asked() - asked, 3 * connections + 100) << "nor is the store asked without an end";
  int most = 0;
  for (const auto& [number, stored] : store.events()) most = std::max(most, stored.attempts);
  EXPECT_LE(most, 5);
  EXPECT_TRUE(dispatcher->routes()[0].breaker_open);
  // It is back.
  while (store.queued() > 0 && home.now().mono < begin + 2h) {
    while (!sink.pushes.empty()) end(0, answered(200));
    home.pass(1h);
    settle();
  }
  EXPECT_EQ(store.queued(), 0U);
  EXPECT_LE(home.now().mono, begin + 1h + 11min);
  EXPECT_FALSE(dispatcher->routes()[0].breaker_open);
}

TEST_F(DispatcherTest, AnEventOfANewCallIsTheProbeOfAnOpenBreaker) {
  use({{.path = "/a", .breaker = {.failures = 2}}});
  add("xy");
  pass(20ms);
  end(0, answered(500));
  end(0, answered(500));
  EXPECT_NE(told.find("/a opened"), std::string::npos);
  add("z");
  EXPECT_EQ(sink.pushes.size(), 0U);
  pass(1s);
  ASSERT_EQ(sink.pushes.size(), 1U);
  pass(10s);
  EXPECT_EQ(sink.pushes.size(), 1U) << "one at a time";
  end(0, answered(200));
  pass(20ms);
  EXPECT_EQ(sink.pushes.size(), 2U) << "closed";
}

// Several calls for which the application never answers in time, and one that comes later.
TEST_F(DispatcherTest, AFewPoisonEventsDoNotHoldUpANewCall) {
  use();
  add("stuvwxyz");
  ASSERT_EQ(sink.pushes.size(), 8U);
  while (!sink.pushes.empty()) end(0, {.what = Pushed::What::timeout});
  ASSERT_NE(told.find("/a opened"), std::string::npos);
  // Until they all have had their turn as probes, and the pause is a long one.
  const auto time_out = [this] {
    while (!sink.pushes.empty()) end(0, {.what = Pushed::What::timeout});
  };
  for (const base::MonoTime until = home.now().mono + 5min; home.now().mono < until; pass(1s)) time_out();
  time_out();
  add("a");
  pass(2s);
  bool taken = false;
  while (!sink.pushes.empty()) {
    const bool good = attempt(0) == "1";
    taken = taken || good;
    end(0, good ? answered(200) : Pushed{.what = Pushed::What::timeout});
  }
  EXPECT_TRUE(taken) << told;
}

// Routes /a and /b of one application, and /c of another; two failures open.
std::vector<PushRoute> three_routes() {
  const BreakerSettings soon{.failures = 2};
  return {{.path = "/a", .application = "one", .breaker = soon},
          {.path = "/b", .application = "one", .breaker = soon},
          {.path = "/c", .application = "two", .breaker = soon}};
}

TEST_F(DispatcherTest, RoutesOfOneApplicationShareItsBreaker) {
  use(three_routes());
  add("x");
  add("x", "/b");
  end(0, answered(500));
  end(0, answered(500));
  EXPECT_NE(told.find("one opened; "), std::string::npos) << told;
  EXPECT_EQ(told.find("opened", told.find("opened") + 1), std::string::npos) << "told once: " << told;
  const auto views = dispatcher->routes();
  EXPECT_TRUE(views[0].breaker_open && views[1].breaker_open);
  EXPECT_FALSE(views[2].breaker_open);
  add("yz");
  add("yz", "/b");
  EXPECT_EQ(sink.pushes.size(), 0U);
  add("y", "/c");
  ASSERT_EQ(sink.pushes.size(), 1U) << "the other application is none of it";
  end(0, answered(200));
  pass(30s);
  EXPECT_EQ(sink.pushes.size(), 1U) << "one probe over both routes";
}

TEST_F(DispatcherTest, AProbeThatEndsWellWakesAllRoutesOfTheApplication) {
  use(three_routes());
  add("uv");
  add("xyz", "/b");
  ASSERT_EQ(sink.pushes.size(), 5U);
  while (!sink.pushes.empty()) end(0, answered(500));
  pass(1s);
  ASSERT_EQ(sink.pushes.size(), 1U);
  pass(10s);
  ASSERT_EQ(sink.pushes.size(), 1U);
  end(0, answered(200));
  pass(25ms);
  EXPECT_EQ(sink.pushes.size(), 4U) << "all that is due, of both routes";
  EXPECT_FALSE(dispatcher->routes()[0].breaker_open || dispatcher->routes()[1].breaker_open);
}

// A part of an application that is never well: were its events the only probes, the rest would wait for ever.
TEST_F(DispatcherTest, EachRouteOfAnOpenBreakerGetsItsTurnToProbe) {
  use(three_routes());
  for (int i = 0; i < 100; ++i) add(std::string(1, static_cast<char>(' ' + i)));
  while (!sink.pushes.empty()) end(0, answered(500));
  ASSERT_TRUE(dispatcher->routes()[0].breaker_open);
  add("x", "/b");
  std::string probed;
  for (const base::MonoTime until = home.now().mono + 2min; home.now().mono < until; pass(1s)) {
    while (!sink.pushes.empty()) {
      probed += sink.pushes[0].route;
      end(0, answered(sink.pushes[0].route == "/b" ? 200 : 500));
    }
  }
  EXPECT_TRUE(probed.starts_with("/b") || probed.starts_with("/a/b")) << probed;
}

TEST_F(DispatcherTest, ABreakerLivesAsLongAsARouteOfItsApplication) {
  use(three_routes());
  add("xy");
  end(0, answered(500));
  end(0, answered(500));
  use({{.path = "/d", .application = "one"}});
  EXPECT_TRUE(dispatcher->routes()[0].breaker_open) << "another route of the same";
  use({{.path = "/d", .application = "two"}});
  EXPECT_FALSE(dispatcher->routes()[0].breaker_open);
  use({{.path = "/d", .application = "one"}});
  EXPECT_FALSE(dispatcher->routes()[0].breaker_open) << "it was forgotten meanwhile";
}

TEST_F(DispatcherTest, WhatIsUnderWayCountsForTheApplicationThatHasIt) {
  use(three_routes());
  add("xy");
  ASSERT_EQ(sink.pushes.size(), 2U);
  use({{.path = "/a", .application = "two"}});
  end(0, answered(500));
  end(0, answered(500));
  EXPECT_NE(told.find("one opened; "), std::string::npos) << told;
  EXPECT_FALSE(dispatcher->routes()[0].breaker_open) << "the new one has done nothing";
}

TEST_F(DispatcherTest, ManyAddedAtOnceAreOneAsking) {
  use();
  pass(1s);
  const std::size_t asked = store.asked();
  for (int i = 0; i < 10'000; ++i) dispatcher->on_added("/a");
  EXPECT_EQ(home.posted(), 1U);
  settle();
  EXPECT_EQ(store.asked() - asked, 1U);
  dispatcher->on_added("/unknown");
  settle();
}

// A store with a backlog, an application that answers in 5 ms, a store that takes 3 ms for each round.
TEST_F(DispatcherTest, ShortPushesDoNotCostAnAskingEach) {
  use();
  for (int i = 0; i < 2'000; ++i) {
    store.add(
        {.passage = {.route = "/a",
                     .request_id = {},
                     .method = "POST",
                     .target = "/",
                     .fields = {},
                     .received_at = home.now().wall},
         .verdict = {},
         .events = {{.key = std::to_string(i), .call = std::to_string(i), .id = {}, .type = {}, .body = {}}}},
        [](const base::Result<Added>&) {});
  }
  store.run_all();
  dispatcher->on_added("/a");
  const std::size_t asked = store.asked();
  const base::MonoTime begin = home.now().mono;
  std::vector<std::size_t> ages;  // of the pushes, in ms
  for (int ms = 0; store.queued() > 0 && ms < 10'000; ++ms) {
    while (home.posted() > 0) home.run_posted();
    if (ms % 3 == 0) store.run_all();
    ages.resize(sink.pushes.size(), 0);
    for (std::size_t i = ages.size(); i-- > 0;) {
      if (++ages[i] < 5) continue;
      ages.erase(ages.begin() + static_cast<std::ptrdiff_t>(i));
      sink.end(i, answered(200));
    }
    for (const base::MonoTime until = home.now().mono + 1ms; home.now().mono < until;)
      home.pass(std::chrono::ceil<std::chrono::microseconds>(until - home.now().mono));
  }
  EXPECT_EQ(store.queued(), 0U);
  EXPECT_LE(store.asked() - asked, 2'000U / 16) << "askings";
  EXPECT_LE(home.now().mono - begin, 600ms) << "3,000 a second and more";
}

TEST_F(DispatcherTest, AClockThatIsSetBackHoldsUpNothingForLong) {
  use();
  add("x");
  end(0, answered(503, 3600s));
  home.set_wall(home.now().wall - 2h);
  pass(60s);
  EXPECT_EQ(sink.pushes.size(), 1U) << "a due time further ahead than any pause is no due time";
}

TEST_F(DispatcherTest, AClockThatIsSetAheadIsNoticedWithinAMinute) {
  use();
  add("x");
  end(0, answered(503, 3600s));
  home.set_wall(home.now().wall + 2h);
  pass(60s);
  EXPECT_EQ(sink.pushes.size(), 1U);
}

TEST_F(DispatcherTest, AnEventQueuedAgainGoesAtOnceThoughItsLaneWaits) {
  use();
  add("xx");
  end(0, answered(200));
  pass(10ms);
  store.redeliver("/ax1", home.now().wall, [this](const base::Result<bool>&) { dispatcher->on_added("/a"); });
  settle();
  ASSERT_EQ(sink.pushes.size(), 1U) << "the second is under way";
  end(0, answered(503, 600s));
  pass(600s);
  ASSERT_GE(sink.pushes.size(), 1U);
  EXPECT_EQ(store.due("/a", home.now().wall, 10).heads.at(0).event.key, "/ax1");
}

TEST_F(DispatcherTest, RoutesAreReplacedAndWhatIsInHandEnds) {
  use({{.path = "/a"}, {.path = "/b"}});
  add("x");
  add("xx", "/b");
  ASSERT_EQ(sink.pushes.size(), 2U);
  const auto secret = parse_signing_secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  use({{.path = "/a", .secrets = {*secret}}});
  EXPECT_EQ(dispatcher->routes().size(), 1U);
  end(1, answered(200));
  EXPECT_EQ(state("/bx2"), State::delivered) << "brought to its end";
  pass(10s);
  EXPECT_EQ(sink.pushes.size(), 1U) << "but nothing of it begins";
  end(0, answered(500));
  pass(2s);
  EXPECT_EQ(sink.pushes.at(0).request.head.headers.count("webhook-signature"), 1U) << "signed from now on";
  use({{.path = "/a"}, {.path = "/b"}});
  EXPECT_EQ(sink.pushes.size(), 2U);
}

TEST_F(DispatcherTest, DrainEndsWhenNothingIsInHandAndAllIsReported) {
  use();
  add("xxy");
  pass(1s);
  bool is_done = false;
  dispatcher->drain([&] { is_done = true; });
  EXPECT_FALSE(is_done);
  add("z");
  end(0, answered(200));
  failing = true;
  end(0, answered(500));
  pass(1500ms);
  EXPECT_FALSE(is_done) << "a report is open";
  EXPECT_EQ(sink.pushes.size(), 0U) << "nothing begins";
  failing = false;
  pass(1s);
  EXPECT_TRUE(is_done);
  EXPECT_EQ(store.find("/ay3")->attempts, 1);
  use({{.path = "/a"}});
  pass(10s);
  EXPECT_EQ(sink.pushes.size(), 0U) << "not even for new routes";
}

TEST_F(DispatcherTest, DrainWithNothingInHandEndsFromTheLoop) {
  use();
  bool is_done = false;
  dispatcher->drain([&] { is_done = true; });
  EXPECT_FALSE(is_done) << "not from within";
  settle();
  EXPECT_TRUE(is_done);
}

TEST_F(DispatcherTest, LateCallbacksFindNobody) {
  use();
  add("x");
  add("y");
  pass(50ms);
  ASSERT_EQ(sink.pushes.size(), 2U);
  sink.end(0, answered(200));  // its report waits
  dispatcher->on_added("/a");
  dispatcher.reset();
  settle();
  sink.end(0, answered(200));
  settle();
  EXPECT_EQ(state("/ay2"), State::queued) << "a new dispatcher pushes it again";
  make();
  use();
  EXPECT_EQ(sink.pushes.size(), 1U);
}

TEST_F(DispatcherTest, IsToldOfNewEventsOnAnyThread) {
  use({{.path = "/a"}, {.path = "/b"}});
  std::thread other([this] {
    for (int i = 0; i < 100'000; ++i) dispatcher->on_added(i % 2 == 0 ? "/a" : "/b");
  });
  for (int i = 0; i < 1'000; ++i) {
    EXPECT_LE(dispatcher->routes().size(), 2U);
    EXPECT_EQ(dispatcher->tried()[0], 0U);
  }
  other.join();
  settle();
}

}  // namespace
}  // namespace callgate::delivery
