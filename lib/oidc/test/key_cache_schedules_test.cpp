// SPDX-License-Identifier: Apache-2.0
// The key cache under random schedules of rotation, outage, lie, slowness, flood, demand, clock jump and idle
// time, with what must always hold checked at every step. CALLGATE_SCALE percent of 10^6 schedules (default
// 1), CALLGATE_SEED for the first one; a schedule that fails prints its own seed. Every 32nd reads real
// documents with IssuerReader, good ones and lies of many kinds; the others take ready-made sets, which is
// much faster.
#include <gtest/gtest.h>
#include <callgate/oidc/key_cache.hpp>

#include <cstdlib>
#include <iostream>
#include <random>
#include <utility>

namespace callgate::oidc {
namespace {

using namespace std::chrono_literals;
using base::MonoTime;
using std::chrono::milliseconds;

std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): one thread
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

constexpr std::size_t kVersions = 32;

std::string kid_of(std::size_t version) {
  return "v" + std::to_string(version);
}

std::string document_of(std::size_t version) {
  return R"({"keys":[{"kty":"EC","crv":"P-256","kid":")" + kid_of(version) +
         R"(","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
}

// Key sets with one key each, "v0", "v1" ...: parsed once, as a real issuer's would be.
const std::vector<Keys>& versions() {
  static const std::vector<Keys> all = [] {
    std::vector<Keys> sets;
    for (std::size_t i = 0; i < kVersions; ++i)
      sets.push_back(std::make_shared<const jose::KeySet>(*jose::KeySet::parse(document_of(i))));
    return sets;
  }();
  return all;
}

const Issuer kIssuer{"https://issuer.test", "https://issuer.test/d"};
const std::string kDiscovery = R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})";

// An issuer's two documents, and what it may answer instead of them.
class Endpoint final : public KeyFetcher {
 public:
  static constexpr std::size_t kLies = 10;
  std::size_t version = 0;
  std::optional<std::size_t> lie;  // which one; nothing: the truth

  tl::expected<Fetched, FetchError> get(const FetchRequest& request) override {
    const bool is_discovery = request.url == kIssuer.discovery;
    if (lie && (*lie < 5) == is_discovery) return told(*lie);
    const std::string etag = is_discovery ? "d" : kid_of(version);
    if (request.etag == etag) return Fetched{.not_modified = true};
    return Fetched{.body = is_discovery ? kDiscovery : document_of(version), .etag = etag};
  }

 private:
  static tl::expected<Fetched, FetchError> told(std::size_t which) {
    static const char* const bodies[kLies] = {
        "",
        "<html>sign in</html>",
        R"({"issuer":"https://other.test","jwks_uri":"https://issuer.test/k"})",
        R"({"issuer":"https://issuer.test","jwks_uri":"http://issuer.test/k"})",
        R"({"issuer":"https://issuer.test"})",
        "",
        "<html>sign in</html>",
        R"({"keys":[]})",
        R"({"keys":[{"kty":"oct","kid":"v0","k":"c2VjcmV0"}]})",
        R"({"keys":[{"kty":"EC","crv":"P-256","kid":"v0")"};
    if (which % 5 == 0) return tl::unexpected(FetchError{FetchError::Cause::http_status, "status 500"});
    return Fetched{.body = bodies[which], .etag = "lie"};
  }
};

const KeyCacheSettings kSettings{.refresh = 10min,
                                 .refresh_min = 1min,
                                 .refresh_window = 30s,
                                 .stale_max = 1h,
                                 .retry_min = 1s,
                                 .retry_max = 5min,
                                 .retry_max_without_keys = 3s};

constexpr milliseconds kLatencyMax = 10s;
constexpr milliseconds kShortestPause = 750ms;  // retry_min, less jitter

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed)
      : random_(seed),
        reads_documents_(seed % 32 == 0),
        cache_(kSettings, [this] { return std::uniform_real_distribution<double>(0.0, 1.0)(random_); }) {}

  // False as soon as something does not hold; `broken` says what.
  bool run() {
    restore();
    for (int step = 0; step < 120 && broken.empty(); ++step) {
      disturb();
      drive();
      check();
    }
    return broken.empty();
  }

  std::string broken;

 private:
  std::uint64_t below(std::uint64_t bound) { return random_() % bound; }

  // Half of all lives begin with the keys of an earlier one; the wall clock may have jumped since, either
  // way.
  void restore() {
    if (below(2) == 0) return;
    const milliseconds age = milliseconds{below(10'800'000)} - 1h;
    cache_.restore(now_, versions()[version_], age);
    if (age >= 0ms && age < kSettings.stale_max) confirmed_ = now_ - age;
  }

  // What the world does next.
  void disturb() {
    switch (below(9)) {
      case 0:
        rotate();
        break;
      case 1:
        endpoint_good_ = false;  // an outage or a lie: both reach the cache as a failed reading
        break;
      case 2:
      case 3:
        endpoint_good_ = true;
        break;
      case 4:
        latency_ = milliseconds{below(2) == 0 ? 50 : 1 + below(kLatencyMax.count())};
        break;
      case 5:
        report();
        break;
      case 6:
        flooding_ = !flooding_;
        break;
      case 7:
        demand();
        break;
      default:
        break;
    }
    const milliseconds spans[] = {1ms, 100ms, 1s, 5s, 31s, 2min, 11min, 70min};
    until_ = now_ + milliseconds{1 + below(static_cast<std::uint64_t>(spans[below(8)].count()))};
  }

  void demand() {
    if (!cache_.demand(now_)) return;
    demanded_ = true;
    planned_from_ = std::min(planned_from_, now_);
  }

  void rotate() { version_ = (version_ + 1) % kVersions; }

  // A genuine token of the newest key meets the cache. If the key is not there, a fetch begins within one
  // window.
  void report() {
    const Keys keys = cache_.keys(now_);
    if (!keys || keys->find(kid()) != nullptr) return;
    // Now and then it was judged with a set that has been replaced since: it is judged again.
    const auto* judged_with = below(4) == 0 ? versions()[below(versions().size())].get() : keys.get();
    const Refresh refresh = ask(now_, judged_with);
    if (flying_) {
      waiting_ = true;
      if (refresh != Refresh::soon) broken = "a flight that could bring the key is not waited for";
      return;
    }
    if (judged_with != keys.get()) return report_again(keys.get());
    if (cache_.next_fetch() > now_ + kSettings.refresh_window)
      broken = "no refresh is armed within the window";
    if (!asked_) asked_ = now_;
  }

  Refresh ask(MonoTime now, const jose::KeySet* judged_with = nullptr) {
    asked_last_ = now;
    return cache_.report_unknown_kid(now, judged_with);
  }

  void report_again(const jose::KeySet* judged_with) {
    ask(now_, judged_with);
    if (cache_.next_fetch() > now_ + kSettings.refresh_window)
      broken = "no refresh is armed within the window after all";
    if (!asked_) asked_ = now_;
  }

  std::string kid() const { return kid_of(version_); }

  // Lets time pass up to until_, as the owner of a cache does: fetches when due, finishes when the latency is
  // over.
  void drive() {
    while (now_ < until_ && broken.empty()) {
      const MonoTime next =
          std::min(until_, std::max(now_, flying_ ? std::min(lands_, cache_.due()) : cache_.due()));
      now_ = std::max(now_, next);
      if (flying_ && now_ >= lands_) land();
      if (flooding_ && cache_.keys(now_)) ask(now_);  // a stranger's key, of no set
      const MonoTime planned = cache_.next_fetch();
      if (cache_.begin(now_)) take_off(planned);
      if (cache_.due() <= now_ && !flying_) broken = "due does not move on";
      if (flying_ && cache_.due() <= now_) now_ += 1ms;  // the set grew too old during the flight
      check();
    }
  }

  void take_off(MonoTime planned) {
    if (flying_) broken = "two fetches in flight";
    if (planned > now_) broken = "a fetch before it was due";
    flying_ = true;
    asked_.reset();  // answered: this flight sees the newest key, if the endpoint is well
    lands_ = now_ + latency_;
    carries_good_ = endpoint_good_;
    carried_version_ = version_;
    read();
    is_planned_ = true;
    may_be_forced_ = asked_last_ && now_ <= *asked_last_ + kSettings.refresh_window + kLatencyMax;
    if (std::exchange(demanded_, false) || now_ >= planned_from_) return;
    // So soon only an unknown kid can have asked for it.
    is_planned_ = false;
    if (forced_ && now_ < *forced_ + kSettings.refresh_window) broken = "two forced refreshes in one window";
    forced_ = now_;
  }

  // What this flight will bring, as it is when it begins.
  void read() {
    outcome_ = Reading{.keys = versions()[version_], .text = {}};
    if (!endpoint_good_) outcome_ = tl::unexpected(FetchError{FetchError::Cause::connection, "down"});
    if (!reads_documents_) return;
    endpoint_.version = version_;
    endpoint_.lie = endpoint_good_ ? std::nullopt : std::optional(below(Endpoint::kLies));
    outcome_ = reader_.read(endpoint_);
    if (outcome_.has_value() != endpoint_good_)
      broken = endpoint_good_ ? "a good set was refused" : "a lie was believed";
  }

  void land() {
    flying_ = false;
    const Keys before = cache_.keys(now_);
    cache_.finish(now_, outcome_);
    plan();
    const Keys after = cache_.keys(now_);
    if (carries_good_) {
      confirmed_ = now_;
      if (!after || after->find(kid_of(carried_version_)) == nullptr) broken = "a good set was not taken";
    } else if (after != before) {
      broken = "a failure changed the set";
    }
    // Who waited is judged again.
    const Keys keys = cache_.keys(now_);
    if (std::exchange(waiting_, false) && keys && keys->find(kid()) == nullptr) report_again(keys.get());
  }

  // Before when no fetch may fall due by itself, now that a flight has landed.
  void plan() {
    if (carries_good_) {
      planned_from_ = now_ + kSettings.refresh * 95 / 100;
    } else if (!is_planned_) {
      // Nothing but the window holds back the next one.
    } else if (!may_be_forced_) {
      planned_from_ = now_ + kShortestPause;
    } else {
      // It may have been a forced one after all, and the plan still to come.
      planned_from_ = std::max(planned_from_, std::min(now_ + kShortestPause, cache_.next_fetch()));
    }
  }

  void check() {
    const Keys keys = cache_.keys(now_);
    if (keys && (!confirmed_ || now_ - *confirmed_ >= kSettings.stale_max))
      broken = "keys served past their bound";
    if (!keys && confirmed_ && now_ - *confirmed_ < kSettings.stale_max) broken = "good keys withheld";
    if (!keys && served_) planned_from_ = std::min(planned_from_, now_ + kShortestPause);
    served_ = keys != nullptr;
    if (!keys && !flying_ && cache_.due() > now_ + kSettings.retry_max_without_keys)
      broken = "without keys the pause grew long";
    if (cache_.in_flight() != flying_) broken = "lost track of the flight";
    check_rotation();
  }

  // Once somebody has asked, a fetch begins when the window is over, or when the flight of then has landed.
  void check_rotation() {
    if (!asked_ || flying_) return;
    if (now_ > std::max(*asked_ + kSettings.refresh_window, lands_))
      broken = "a rotation stays hidden for longer than a window";
  }

  std::mt19937_64 random_;
  const bool reads_documents_;
  bool waiting_ = false;  // a genuine callback, for the flight to land
  KeyCache cache_;
  MonoTime now_{1h};
  MonoTime until_{1h};
  bool endpoint_good_ = true;
  milliseconds latency_{50};
  std::size_t version_ = 0;
  std::optional<MonoTime> asked_;
  bool flying_ = false;
  bool carries_good_ = false;
  std::size_t carried_version_ = 0;
  MonoTime lands_{};
  std::optional<MonoTime> confirmed_;
  bool flooding_ = false;
  bool demanded_ = false;       // by an operator; the flight that answers has not begun
  MonoTime planned_from_{};     // before that no fetch falls due by itself
  bool is_planned_ = false;     // the flight that began last
  bool may_be_forced_ = false;  // that one: somebody had reported an unknown kid
  std::optional<MonoTime> asked_last_;
  bool served_ = false;             // at the last step
  std::optional<MonoTime> forced_;  // the last forced refresh
  Endpoint endpoint_;
  IssuerReader reader_{kIssuer};
  tl::expected<Reading, FetchError> outcome_;  // of the flight
};

TEST(KeyCacheSchedules, WhatMustHoldHoldsAtEveryStep) {
  const std::uint64_t scale = number_from("CALLGATE_SCALE", 1);
  const std::uint64_t first = number_from("CALLGATE_SEED", std::random_device{}());
  const std::uint64_t count = 10'000 * scale;
  std::cout << count << " schedules from seed " << first << "\n";
  for (std::uint64_t i = 0; i < count; ++i) {
    Schedule schedule(first + i);
    ASSERT_TRUE(schedule.run()) << schedule.broken << "; CALLGATE_SEED=" << first + i << " repeats it";
  }
}

}  // namespace
}  // namespace callgate::oidc
