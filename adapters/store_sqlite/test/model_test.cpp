// SPDX-License-Identifier: Apache-2.0
// Random operations on the store beside a model of what its port promises; the store is closed and opened in
// between. Every answer must be the same, and at the end everything that is kept.
// CALLGATE_SCALE percent of 20,000 schedules (default 1), CALLGATE_SEED for the first one; a schedule that
// fails prints its own seed.
#include <gtest/gtest.h>

#include <iostream>

#include "asked.hpp"
#include "memory_disk.hpp"
#include "model.hpp"

namespace callgate::store_sqlite {
namespace {

using delivery::State;
using delivery::Stored;

// Everything of an event as one line, to compare and to read.
std::string line_of(const Stored& stored) {
  const auto time = [](std::optional<base::WallTime> t) {
    return t ? std::to_string(t->time_since_epoch().count()) : std::string("-");
  };
  std::string line = std::to_string(stored.number) + " " + stored.passage.route + " " +
                     stored.passage.request_id + " " + std::to_string(stored.passage.fields.size()) + " " +
                     time(stored.passage.received_at) + " " + stored.verdict.claims + " " + stored.event.key +
                     " " + stored.event.call + " " + stored.event.body + " " +
                     std::string(to_text(stored.state)) + " " + std::to_string(stored.attempts) + " " +
                     time(stored.first_tried_at) + " " + time(stored.ended_at) + " " + stored.note + " " +
                     time(stored.lent_until);
  return line;
}
std::string lines_of(const std::vector<Stored>& events) {
  std::string lines;
  for (const Stored& stored : events) lines += line_of(stored) + "\n";
  return lines;
}

class Schedule {
 public:
  Schedule(std::uint64_t seed, const std::string& path) : random_(seed), settings_(at_path(path)) { open(); }

  // False as soon as an answer differs; `broken` says which.
  bool run() {
    const std::uint64_t steps = 20 + below(60);
    for (std::uint64_t step = 0; step < steps && broken.empty(); ++step) {
      pass_time();
      act();
    }
    if (broken.empty()) compare_everything();
    return broken.empty();
  }

  std::string broken;

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }
  std::string any_route() { return below(3) == 0 ? "/other" : "/api/callback"; }
  std::string any_call() { return "call" + std::to_string(below(4)); }
  std::string any_key() { return "key" + std::to_string(below(24)); }

  void open() {
    store_.reset();
    store_ = open_store(settings_, clock_, Ground{.vfs = disk_.vfs(), .check_for = 0ms});
  }
  Asked ask() { return Asked(*store_); }

  // Never the same moment twice, mostly forward.
  void pass_time() {
    const std::chrono::microseconds spans[] = {1ms, 1s, 10s, 10min, 3h};
    now_ += std::chrono::microseconds(1 + below(static_cast<std::uint64_t>(spans[below(5)].count())));
    if (below(40) == 0) now_ -= std::chrono::microseconds(below(7'200'000'000));
    clock_.set(now_);
  }

  void expect(const std::string& what, const std::string& expected, const std::string& found) {
    if (expected != found && broken.empty())
      broken = what + "\nexpected:\n" + expected + "\nfound:\n" + found;
  }
  void expect(const std::string& what, std::uint64_t expected, std::uint64_t found) {
    expect(what, std::to_string(expected), std::to_string(found));
  }

  void act() {
    switch (below(16)) {
      case 0:
      case 1:
      case 2:
      case 3:
        return add();
      case 4:
      case 5:
        return find_due();
      case 6:
      case 7:
      case 8:
        return record();
      case 9:
      case 10:
        return take();
      case 11:
      case 12:
        return ack();
      case 13:
        return below(3) == 0 ? forget() : redeliver();
      case 14:
        return look();
      default:
        return below(4) == 0 ? open() : look();
    }
  }

  void add() {
    std::vector<delivery::NewEvent> events;
    for (std::uint64_t i = 1 + below(below(3) == 0 ? 4 : 1); i > 0; --i)
      events.push_back(event(any_call(), any_key(), below(300)));
    delivery::Accepted accepted = request(std::move(events), now_, any_route());
    accepted.passage.request_id = "request-" + std::to_string(below(1000));
    const auto expected = model_.add(accepted);
    const auto found = ask().add(accepted);
    expect("add", expected.fresh * 100 + expected.known, found->fresh * 100 + found->known);
  }

  void find_due() {
    const std::string route = any_route();
    const std::size_t most = 1 + below(6);
    const auto expected = model_.find_due(route, now_, most);
    const auto found = ask().find_due(route, now_, most);
    expect("find_due", lines_of(expected.heads), lines_of(found->heads));
    expect("next",
           static_cast<std::uint64_t>(expected.next.value_or(base::WallTime()).time_since_epoch().count()),
           static_cast<std::uint64_t>(found->next.value_or(base::WallTime()).time_since_epoch().count()));
    for (const Stored& head : expected.heads) pushed_.push_back(head.number);
  }

  void record() {
    std::int64_t number =
        static_cast<std::int64_t>(below(static_cast<std::uint64_t>(model_.last_number()) + 2));
    if (!pushed_.empty() && below(3) != 0) {
      number = pushed_.back();
      pushed_.pop_back();
    }
    delivery::Report report = delivered(number, now_);
    if (below(3) == 0) report = given_up(number, now_);
    if (below(2) == 0)
      report = failed(number, now_, now_ + std::chrono::microseconds(below(900'000'000)),
                      static_cast<int>(below(9)));
    model_.record(report);
    if (!ask().record(report)) broken = "record";
  }

  void take() {
    const std::size_t most = 1 + below(8);
    const std::chrono::milliseconds lease(1 + below(20ULL * 60'000));
    const auto found = ask().take(most, lease, now_);
    const auto expected = model_.take(found->id, most, lease, now_);
    expect("take", lines_of(expected.events), lines_of(found->events));
    leases_.push_back(found->id);
  }

  void ack() {
    if (leases_.empty()) return;
    const std::string lease = leases_[leases_.size() - 1 - below(std::min<std::size_t>(leases_.size(), 3))];
    std::vector<std::string> keys;
    if (below(2) == 0) {
      for (std::uint64_t i = 1 + below(20); i > 0; --i) keys.push_back(any_key());
    }
    expect("ack", model_.ack(lease, keys, now_), *ask().ack(lease, keys, now_));
  }

  void redeliver() {
    const std::string key = any_key();
    expect("redeliver", model_.redeliver(key, now_) ? 1U : 0U, *ask().redeliver(key, now_) ? 1U : 0U);
  }

  void forget() {
    const std::string call = any_call();
    expect("forget", model_.forget(call, now_), *ask().forget(call));
  }

  void look() {
    const std::string key = any_key();
    const auto one = model_.show(key, now_);
    const auto found = *ask().show(key);
    expect("show", one ? line_of(*one) : "", found ? line_of(*found) : "");
    const delivery::Filter chosen =
        filter(below(2) == 0 ? std::optional(static_cast<State>(below(4))) : std::nullopt,
               below(2) == 0 ? any_call() : "", static_cast<std::int64_t>(below(10)), 1 + below(10));
    expect("list", lines_of(model_.list(chosen, now_)), lines_of(*ask().list(chosen)));
    compare_stats();
  }

  void compare_stats() {
    const auto expected = model_.stats(now_);
    const auto found = *ask().stats();
    expect("queued", expected.queued, found.queued);
    expect("delivered", expected.delivered, found.delivered);
    expect("taken", expected.taken, found.taken);
    expect("dead", expected.dead, found.dead);
    expect("lanes", expected.lanes, found.lanes);
    expect("lent", expected.lent, found.lent);
    if (expected.oldest_queued_at != found.oldest_queued_at) expect("oldest", "one", "another");
  }

  void compare_everything() {
    open();
    compare_stats();
    expect("all", lines_of(model_.list(filter({}, "", 0, 1000), now_)),
           lines_of(*ask().list(filter({}, "", 0, 1000))));
    for (int i = 0; i < 24; ++i) {
      const auto one = model_.show("key" + std::to_string(i), now_);
      const auto found = *ask().show("key" + std::to_string(i));
      expect("show", one ? line_of(*one) : "", found ? line_of(*found) : "");
    }
  }

  std::mt19937_64 random_;
  Settings settings_;
  StandingClock clock_;
  MemoryDisk disk_;
  std::unique_ptr<SqliteStore> store_;
  Model model_;
  base::WallTime now_ = at(0s);
  std::vector<std::int64_t> pushed_;
  std::vector<std::string> leases_;
};

TEST(ModelSchedules, EveryAnswerIsWhatThePortPromises) {
  const std::uint64_t seed = number_from("CALLGATE_SEED", std::random_device{}());
  const std::uint64_t schedules = scaled(20'000);
  std::cout << schedules << " schedules from seed " << seed << "\n";
  const Folder folder;
  for (std::uint64_t i = 0; i < schedules; ++i) {
    Schedule schedule(seed + i, folder.file());
    ASSERT_TRUE(schedule.run()) << "CALLGATE_SEED=" << seed + i << ": " << schedule.broken;
  }
}

}  // namespace
}  // namespace callgate::store_sqlite
