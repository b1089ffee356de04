// SPDX-License-Identifier: Apache-2.0
// The dispatcher under random schedules of new events, slow, failing and dead applications, a failing store,
// crashes, jumps of the wall clock and second deliveries asked for by a person. What must hold is checked at
// every step, against a model that knows what the application was given. CALLGATE_SCALE percent of 10^6
// schedules (default 1), CALLGATE_SEED for the first one; a schedule that fails prints its own seed.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <callgate/delivery/dispatcher.hpp>
#include <charconv>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <random>
#include <vector>

#include "fake_home.hpp"
#include "fake_store.hpp"
#include "schedule_model.hpp"

namespace callgate::delivery {
namespace {

using namespace std::chrono_literals;
using namespace model;
using base::MonoTime;
using std::chrono::microseconds;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// What the schedules must have met, all of them.
enum class Met {
  delivered,
  again,
  dead,
  busy,
  twice,
  crash,
  opened,
  closed,
  store_failed,
  jump,
  redelivered,
  left_out,
  moved,
  shared_probe
};
constexpr std::size_t kMetCount = 14;
constexpr std::array<const char*, kMetCount> kMetTexts{"delivered",      "tried again",
                                                       "dead",           "busy",
                                                       "given twice",    "crashes",
                                                       "opened",         "closed",
                                                       "store failures", "jumps",
                                                       "redeliveries",   "routes left out",
                                                       "moved",          "probes for two routes"};
using Seen = std::array<std::uint64_t, kMetCount>;

class Schedule {
 public:
  Schedule(std::uint64_t seed, Seen& seen) : random_(seed), seen_(seen) {
    routes_ = 1 + below(2);
    lanes_ = 1 + below(8);
    parallel_ = 1 + below(5);
    events_max_ = 1 + below(16);
    if (below(2) == 0) at_[1].application = 0;  // two routes of one application
    is_seldom_well_ = below(2) == 0;
    sink_.on_push = [this](const FakeSink::Push& push) { check_push(push); };
    start();
  }

  // False as soon as something does not hold; `broken` says what.
  bool run() {
    for (int step = 0; step < 120 && broken.empty(); ++step) act();
    if (broken.empty()) finish();
    if (broken.empty()) drain();
    return broken.empty();
  }

  std::string broken;

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  void met(Met what) { ++seen_[static_cast<std::size_t>(what)]; }
  std::size_t route_number(std::size_t event) const { return events_[event].lane % routes_; }
  std::string route_of(std::size_t lane) const { return lane % routes_ == 0 ? "/a" : "/b"; }
  static std::string name_of(std::size_t application) { return application == 0 ? "one" : "two"; }

  void start() {
    dispatcher_ = std::make_unique<Dispatcher>(
        home_, store_, sink_,
        PushWatch{.tried = [this](const Tried& tried) { check_tried(tried); },
                  .breaker = [this](const std::string& name, bool open) { check_breaker(name, open); },
                  .trouble = {}});
    use();
  }

  void use() {
    std::vector<PushRoute> routes;
    for (std::size_t i = 0; i < routes_; ++i) {
      if (at_[i].is_in_use)
        routes.push_back({.path = route_of(i),
                          .application = name_of(at_[i].application),
                          .parallel_max = parallel_,
                          .breaker = {.failures = kOpenAfter}});
    }
    dispatcher_->use(std::move(routes));
  }

  // ---- What happens ----

  // The world does one thing, or something goes on that is under way.
  void act() {
    if (below(4) == 0) return disturb();
    home_.set_chance(static_cast<double>(below(1000)) / 1000.0);
    switch (below(3)) {
      case 0:
        if (home_.posted() > 0) return home_.run_posted();
        [[fallthrough]];
      case 1:
        if (store_.untold() > 0 && below(2) == 0) return store_.tell(below(store_.untold()));
        if (store_.waiting() > 0) return run_store();
        [[fallthrough]];
      default:
        if (!sink_.pushes.empty() && below(2) == 0) return end_push(below(sink_.pushes.size()));
        if (home_.posted() > 0) return home_.run_posted();
        if (store_.waiting() > 0) return run_store();
        if (store_.untold() > 0) return store_.tell(below(store_.untold()));
        return pass_time();
    }
  }

  void disturb() {
    switch (below(24)) {
      case 0:
        return crash();
      case 1:
        met(Met::jump);
        jumped_at_ = home_.now().mono;
        for (Event& event : events_) event.failed_at.reset();
        return home_.set_wall(home_.now().wall + milliseconds{below(14'400'000)} - 2h);
      case 2:
      case 3:
        return redeliver();
      case 4:
        store_fails_ = below(3) == 0;
        return;
      case 5:
      case 6:
      case 7:
        return change_mood(applications_[below(2)]);
      case 8:
        return reload();
      default:
        return add();
    }
  }

  void change_mood(Application& application) {
    const bool is_well = below(is_seldom_well_ ? 16 : 2) == 0;
    application.mood = static_cast<Application::Mood>(is_well ? 0 : below(6));
  }

  // Routes come, go and move to another application. What is known of one is lost with its last route, and
  // that one goes only when nothing of it is in hand: the model could not say when it is lost.
  void reload() {
    const std::size_t number = below(routes_);
    Route& route = at_[number];
    const bool is_quiet = flights_.empty() && store_.waiting() == 0 && store_.untold() == 0 &&
                          home_.posted() == 0 && !store_fails_ && home_.now().mono > restless_until_;
    if (!route.is_in_use) {
      route.is_in_use = true;
    } else if (below(2) == 0 && (is_quiet || has_another(number))) {
      met(Met::moved);
      const std::size_t left = std::exchange(route.application, 1 - route.application);
      forget_if_unused(left);
    } else if (is_quiet) {
      met(Met::left_out);
      route.is_in_use = false;
      forget_if_unused(route.application);
    }
    use();
  }

  // Whether another route in use pushes to the same application.
  bool has_another(std::size_t number) const {
    const Route& other = at_[1 - number];
    return routes_ == 2 && other.is_in_use && other.application == at_[number].application;
  }

  void forget_if_unused(std::size_t application) {
    for (std::size_t i = 0; i < routes_; ++i) {
      if (at_[i].is_in_use && at_[i].application == application) return;
    }
    applications_[application].clear();
  }

  void pass_time() {
    check_awake();
    const milliseconds spans[] = {1ms, 100ms, 1s, 10s, 1min, 1h};
    home_.pass(microseconds{1 + below(static_cast<std::uint64_t>(microseconds(spans[below(6)]).count()))});
  }

  void add() {
    if (events_.size() >= events_max_) return;
    const std::size_t number = events_.size();
    const std::size_t lane = below(lanes_);
    const std::uint64_t nature = below(8);
    events_.push_back({.key = "e" + std::to_string(number),
                       .lane = lane,
                       .nature = nature == 0   ? Nature::refuses
                                 : nature == 1 ? Nature::is_gone
                                               : Nature::takes});
    Accepted accepted{.passage = {.route = route_of(lane),
                                  .request_id = {},
                                  .method = "POST",
                                  .target = "/",
                                  .fields = {},
                                  .received_at = home_.now().wall},
                      .verdict = {},
                      .events = {{.key = events_.back().key,
                                  .call = std::string(1, static_cast<char>('A' + lane)),
                                  .id = {},
                                  .type = {},
                                  .body = std::to_string(number)}}};
    store_.add(std::move(accepted), [this, number, life = life_](const base::Result<Added>& added) {
      if (life != life_) return;
      if (!added) return note_unheard();
      events_[number].is_acknowledged = true;
      dispatcher_->on_added(route_of(events_[number].lane));
    });
  }

  // Perhaps something is stored now of which the dispatcher was not told: it looks once a minute.
  void note_unheard() { restless_until_ = home_.now().mono + 60s; }

  void run_store() {
    const bool fails = store_fails_ && below(2) == 0;
    if (fails) {
      met(Met::store_failed);
      restless_until_ = std::max(restless_until_, home_.now().mono + 1s);
    }
    const auto end = !fails          ? FakeStore::End::well
                     : below(2) == 0 ? FakeStore::End::refused
                                     : FakeStore::End::unsure;
    below(3) == 0 ? store_.run_untold(end) : store_.run(end);
  }

  void redeliver() {
    if (events_.empty()) return;
    const std::size_t number = below(events_.size());
    ++events_[number].asked_again;
    events_[number].is_old = true;  // it may be queued behind newer ones, and nobody hear of it
    store_.redeliver(events_[number].key, home_.now().wall,
                     [this, number, life = life_](const base::Result<bool>& again) {
                       if (life != life_) return;
                       Event& event = events_[number];
                       event.failed_at.reset();
                       event.may_repeat = true;
                       --event.asked_again;
                       if (!again) note_unheard();
                       if (!again || !*again) return;
                       met(Met::redelivered);
                       dispatcher_->on_added(route_of(event.lane));
                     });
  }

  void crash() {
    met(Met::crash);
    dispatcher_.reset();
    ++life_;
    for (const FakeSink::Push& push : sink_.pushes) {
      Event& event = event_of(push);
      if (below(2) == 0) take(event);
    }
    sink_.pushes.clear();
    flights_.clear();
    home_.crash();
    store_.crash(below(store_.waiting() + 1));
    for (Event& event : events_) {
      const Stored* stored = store_.find(event.key);
      if (event.taken > 0 && stored != nullptr && stored->state == State::queued) event.may_repeat = true;
      if (std::exchange(event.asked_again, 0) > 0) event.may_repeat = true;
      event.failed_at.reset();
    }
    for (Application& application : applications_) {
      application.clear();
      application.probes = 0;
    }
    if (below(8) == 0) {
      home_.set_wall(home_.now().wall + 25h);  // it was off for a day
      jumped_at_ = home_.now().mono;
    }
    start();
  }

  // ---- The application ----

  Event& event_of(const FakeSink::Push& push) { return events_[number_of(push)]; }
  static std::size_t number_of(const FakeSink::Push& push) {
    std::size_t number = 0;
    std::from_chars(push.request.body.data(), push.request.body.data() + push.request.body.size(), number);
    return number;
  }

  // The application takes the event.
  void take(Event& event) {
    if (event.taken > 0 && !event.may_repeat && event.asked_again == 0)
      broken = "delivered twice without a cause";
    if (event.taken > 0) met(Met::twice);
    ++event.taken;
    event.may_repeat = false;
  }

  Pushed answer(Event& event, Application::Mood mood) {
    using Mood = Application::Mood;
    switch (mood) {
      case Mood::refusing_connections:
        return {.what = Pushed::What::unreachable};
      case Mood::hanging:
      case Mood::resetting:
        // What came of it nobody knows.
        if (event.nature == Nature::takes && below(2) == 0) {
          take(event);
          event.may_repeat = true;
        }
        return {.what = mood == Mood::hanging ? Pushed::What::timeout : Pushed::What::broken};
      case Mood::failing:
        return answered(below(4) == 0 ? 302 : 500);
      case Mood::throttling:
        return answered(below(2) == 0 ? 429 : 503, seconds{below(5000)});
      case Mood::well:
        break;
    }
    if (event.nature == Nature::refuses) return answered(404);
    if (event.nature == Nature::is_gone) return answered(410);
    take(event);
    return answered(below(2) == 0 ? 200 : 204);
  }

  void end_push(std::size_t at) {
    const std::size_t number = number_of(sink_.pushes[at]);
    Event& event = events_[number];
    const Flight flight = flights_[at];
    Application& application = applications_[flight.application];
    if (below(40) == 0 && !is_finishing_) {
      restless_until_ = std::max(restless_until_, home_.now().mono + 250ms);
      application.note_end(flight, Health::unknown, home_.now().mono);
      flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(at));
      return sink_.end(at, {.what = Pushed::What::busy});
    }
    const Pushed pushed = answer(event, application.mood);
    application.note_end(flight, health_of(pushed), home_.now().mono);
    flights_.erase(flights_.begin() + static_cast<std::ptrdiff_t>(at));
    event.failed_at = home_.now().mono;
    event.asked_for = pushed.retry_after.value_or(0s);
    sink_.end(at, pushed);
  }

  // ---- What must always hold ----

  void check_breaker(const std::string& name, bool open) {
    met(open ? Met::opened : Met::closed);
    if (applications_[name == name_of(0) ? 0 : 1].is_open != open)
      broken = open ? "opened without a cause" : "closed without a cause";
  }

  void check_push(const FakeSink::Push& push) {
    const std::size_t number = number_of(push);
    Event& event = events_[number];
    const MonoTime now = home_.now().mono;
    std::size_t of_route = 0;
    for (const Flight& flight : flights_) {
      if (events_[flight.event].lane == event.lane) broken = "two of one lane at once";
      if (route_number(flight.event) == route_number(number)) ++of_route;
    }
    if (of_route >= parallel_) broken = "more at once than there may be";
    check_order(number);
    check_pause(event, now);
    const Route& route = at_[route_number(number)];
    Application& application = applications_[route.application];
    if (!route.is_in_use) broken = "a push of a route that is not in use";
    if (application.is_open) note_probe(application, route_number(number), now);
    flights_.push_back({number, route.application, application.is_open});
    event.was_handed_over = true;
    if (!event.is_old) return;
    // Whatever waits behind it is due at once when it has ended.
    for (Event& other : events_) {
      if (other.lane == event.lane) other.failed_at.reset();
    }
  }

  // One at a time over all routes of the application.
  void note_probe(Application& application, std::size_t route, MonoTime now) {
    if (application.probes > 0 || now < application.probe_after) broken = "a push through an open breaker";
    ++application.probes;
    if (has_another(route)) met(Met::shared_probe);
  }

  void check_order(std::size_t number) {
    const Event& event = events_[number];
    if (event.was_handed_over) return;
    const Stored* mine = store_.find(event.key);
    for (const Event& other : events_) {
      if (other.lane != event.lane || other.is_old) continue;
      const Stored* its = store_.find(other.key);
      if (its != nullptr && its->number < mine->number && its->state == State::queued)
        broken = "an event before its predecessor has ended";
    }
  }

  void check_pause(const Event& event, MonoTime now) {
    if (!event.failed_at || event.failed == 0 || event.asked_again > 0) return;
    const seconds least = std::min<seconds>(300s, seconds{1LL << std::min(event.failed - 1, 20)});
    if (now - *event.failed_at < least) broken = "tried again too early";
    if (now - *event.failed_at < std::min<seconds>(1h, event.asked_for)) broken = "Retry-After is ignored";
  }

  void check_tried(const Tried& tried) {
    Event& event = events_[static_cast<std::size_t>(std::stoi(tried.stored.event.key.substr(1)))];
    switch (tried.what) {
      case Tried::What::delivered:
        met(Met::delivered);
        if (event.taken == 0) broken = "told as delivered, and it was not";
        break;
      case Tried::What::again:
        met(Met::again);
        if (tried.note == "busy") broken = "what was not tried counts as a try";
        event.failed = tried.attempt;
        break;
      case Tried::What::dead: {
        met(Met::dead);
        const bool is_refused = event.nature == Nature::refuses && tried.note == "404" && tried.attempt >= 3;
        const bool is_gone = event.nature == Nature::is_gone && tried.note == "410";
        const bool is_late = tried.attempt >= 12 && tried.stored.first_tried_at &&
                             home_.now().wall - *tried.stored.first_tried_at >= 24h;
        if (!is_refused && !is_gone && !is_late) broken = "given up too early";
        break;
      }
      case Tried::What::busy:
        met(Met::busy);
        break;
    }
  }

  // With nothing under way, whatever could be pushed now is about to be.
  void check_awake() {
    const Moment now = home_.now();
    if (home_.posted() > 0 || store_.waiting() > 0 || store_.untold() > 0 || now.mono < restless_until_ ||
        now.mono < jumped_at_ + 60s)
      return;
    for (std::size_t i = 0; i < routes_; ++i) {
      const Application& application = applications_[at_[i].application];
      if (!at_[i].is_in_use || (application.is_open && application.probes > 0)) continue;
      const MonoTime latest = now.mono + (application.is_open ? 30s + 21ms : 21ms);
      std::vector<std::string> calls;
      for (const Flight& flight : flights_) {
        if (route_number(flight.event) == i)
          calls.emplace_back(1, static_cast<char>('A' + events_[flight.event].lane));
      }
      if (calls.size() >= parallel_) continue;
      for (const Stored& head : store_.due(route_of(i), now.wall, 100).heads) {
        if (std::find(calls.begin(), calls.end(), head.event.call) != calls.end()) continue;
        const auto timer = home_.next_timer();
        if (!timer || *timer > latest) broken = "an event is due and nobody looks";
      }
    }
  }

  // ---- The end ----

  // All is well again: everything that was acknowledged ends.
  void finish() {
    is_finishing_ = true;
    store_fails_ = false;
    for (Application& application : applications_) application.mood = Application::Mood::well;
    for (Route& route : at_) route.is_in_use = true;
    use();
    const MonoTime last = home_.now().mono + 4h;
    for (int step = 0;
         store_.queued() > 0 || store_.waiting() > 0 || store_.untold() > 0 || home_.posted() > 0; ++step) {
      if (!broken.empty()) return;
      if (step > 20'000 || home_.now().mono > last) {
        broken = "an event is never delivered";
        return;
      }
      if (home_.posted() > 0)
        home_.run_posted();
      else if (store_.untold() > 0)
        store_.tell(0);
      else if (store_.waiting() > 0)
        store_.run();
      else if (!sink_.pushes.empty())
        end_push(0);
      else
        pass_to_timer();
    }
    for (const Event& event : events_) check_end(event);
  }

  void pass_to_timer() {
    check_awake();
    if (!home_.next_timer()) broken = "asleep while an event waits";
    home_.pass(1h);
  }

  void check_end(const Event& event) {
    const Stored* stored = store_.find(event.key);
    if (stored == nullptr) {
      if (event.is_acknowledged) broken = "an acknowledged event is lost";
      return;
    }
    if (stored->state == State::delivered && event.taken == 0) broken = "ended as delivered, and never was";
    if (stored->state == State::queued) broken = "an event is never delivered";
  }

  void drain() {
    add();
    bool is_done = false;
    dispatcher_->drain([&] { is_done = true; });
    for (int step = 0; step < 1000 && !is_done; ++step) {
      if (home_.posted() > 0)
        home_.run_posted();
      else if (store_.untold() > 0)
        store_.tell(0);
      else if (store_.waiting() > 0)
        store_.run();
      else if (!sink_.pushes.empty())
        end_push(0);
      else
        home_.pass(1h);
    }
    if (!sink_.pushes.empty()) broken = "drained, and pushes are under way";
    if (!is_done) broken = "the drain does not end";
  }

  std::mt19937_64 random_;
  Seen& seen_;
  std::size_t routes_ = 1, lanes_ = 1, parallel_ = 1, events_max_ = 1;
  FakeHome home_;
  FakeStore store_;
  FakeSink sink_;
  std::vector<Flight> flights_;  // beside sink_.pushes
  std::vector<Event> events_;
  std::array<Application, 2> applications_{};
  std::array<Route, 2> at_{Route{0}, Route{1}};  // by route number
  int life_ = 0;
  bool store_fails_ = false;
  bool is_finishing_ = false;
  bool is_seldom_well_ = false;
  MonoTime restless_until_{};  // the store or the sink failed
  MonoTime jumped_at_{-1h};
  std::unique_ptr<Dispatcher> dispatcher_;  // goes first
};

TEST(DispatcherSchedules, WhatMustHoldHoldsAtEveryStep) {
  const std::uint64_t scale = number_from("CALLGATE_SCALE", 1);
  const std::uint64_t first = number_from("CALLGATE_SEED", std::random_device{}());
  const std::uint64_t count = 10'000 * scale;
  std::cout << count << " schedules from seed " << first << "\n";
  Seen seen{};
  for (std::uint64_t i = 0; i < count; ++i) {
    Schedule schedule(first + i, seen);
    ASSERT_TRUE(schedule.run()) << schedule.broken << "; CALLGATE_SEED=" << first + i << " repeats it";
  }
  for (std::size_t i = 0; i < kMetCount; ++i)
    std::cout << kMetTexts[i] << " " << seen[i] << (i + 1 < kMetCount ? ", " : "\n");
  EXPECT_GT(*std::min_element(seen.begin(), seen.end()), count / 100) << "the schedules miss something";
}

}  // namespace
}  // namespace callgate::delivery
