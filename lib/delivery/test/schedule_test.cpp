// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <callgate/delivery/schedule.hpp>

#include "fake_home.hpp"

namespace callgate::delivery {
namespace {

using namespace std::chrono_literals;
using What = Report::What;
using Tried = Pushed::What;

const base::WallTime kNow{1'800'000'000s};

Stored tried(int attempts, std::optional<base::WallTime> first = kNow) {
  Stored stored;
  stored.number = 7;
  stored.attempts = attempts;
  stored.first_tried_at = first;
  return stored;
}

TEST(PauseAfter, DoublesFromASecondToTenMinutesAndIsJittered) {
  const struct {
    int failed;
    std::chrono::milliseconds from, to;
  } rows[] = {{1, 1s, 2s},     {2, 2s, 4s},      {3, 4s, 8s},      {4, 8s, 16s},      {8, 128s, 256s},
              {9, 256s, 512s}, {10, 300s, 600s}, {11, 300s, 600s}, {200, 300s, 600s}, {2'000'000, 300s, 600s},
              {0, 1s, 2s}};
  for (const auto& row : rows) {
    EXPECT_EQ(pause_after(row.failed, 0.0), row.from) << row.failed;
    EXPECT_EQ(pause_after(row.failed, 0.5), row.from + (row.to - row.from) / 2) << row.failed;
    EXPECT_LT(pause_after(row.failed, 0.999999), row.to) << row.failed;
    EXPECT_GE(pause_after(row.failed, 0.999999), row.to - 1s) << row.failed;
  }
}

TEST(ReportOf, TellsWhatBecomesOfTheEvent) {
  const struct {
    Pushed pushed;
    int tries;  // this one included
    What what;
    const char* note;
  } rows[] = {{answered(200), 1, What::delivered, "200"},
              {answered(202), 9, What::delivered, "202"},
              {answered(299), 1, What::delivered, "299"},
              {answered(300), 50, What::again, "300"},
              {answered(301), 1, What::again, "301"},
              {answered(307), 50, What::again, "307"},
              {answered(399), 1, What::again, "399"},
              {answered(400), 1, What::again, "400"},
              {answered(400), 2, What::again, "400"},
              {answered(400), 3, What::dead, "400"},
              {answered(401), 4, What::dead, "401"},
              {answered(404), 2, What::again, "404"},
              {answered(404), 3, What::dead, "404"},
              {answered(499), 3, What::dead, "499"},
              {answered(408), 50, What::again, "408"},
              {answered(425), 50, What::again, "425"},
              {answered(429), 50, What::again, "429"},
              {answered(410), 1, What::dead, "410"},
              {answered(410), 2, What::dead, "410"},
              {answered(500), 50, What::again, "500"},
              {answered(503), 1, What::again, "503"},
              {answered(599), 3, What::again, "599"},
              {answered(199), 3, What::again, "199"},
              {answered(600), 3, What::again, "600"},
              {{.what = Tried::unreachable}, 50, What::again, "unreachable"},
              {{.what = Tried::timeout}, 50, What::again, "timeout"},
              {{.what = Tried::broken}, 50, What::again, "broken"}};
  for (const auto& row : rows) {
    const Report report = report_of(tried(row.tries - 1), row.pushed, kNow, kNow + 1s, 0.0);
    EXPECT_EQ(report.number, 7);
    EXPECT_EQ(report.what, row.what) << row.note << " at try " << row.tries;
    EXPECT_EQ(report.note, row.note);
    EXPECT_EQ(report.at, kNow + 1s);
    EXPECT_EQ(report.attempts, row.tries) << row.note;
    const base::WallTime due =
        row.what == What::again ? kNow + 1s + pause_after(row.tries, 0.0) : base::WallTime{};
    EXPECT_EQ(report.due, due) << row.note;
  }
}

TEST(ReportOf, TheFirstTryIsWhenItBegan) {
  EXPECT_EQ(report_of(tried(0, std::nullopt), answered(500), kNow, kNow + 15s, 0.0).first_tried_at, kNow);
  EXPECT_EQ(report_of(tried(3, kNow - 5h), answered(500), kNow, kNow + 15s, 0.0).first_tried_at, kNow - 5h);
}

TEST(ReportOf, RetryAfterIsALowerBoundUpToAnHour) {
  const auto due = [](int tries, std::chrono::seconds asked) {
    return report_of(tried(tries - 1), answered(503, asked), kNow, kNow, 0.5).due - kNow;
  };
  EXPECT_EQ(due(1, 0s), 1500ms) << "no sooner than the pause";
  EXPECT_EQ(due(1, -5s), 1500ms);
  EXPECT_EQ(due(1, 1s), 1500ms);
  EXPECT_EQ(due(1, 2s), 2s);
  EXPECT_EQ(due(1, 3600s), 3600s);
  EXPECT_EQ(due(1, 3601s), 3600s);
  EXPECT_EQ(due(1, std::chrono::seconds::max()), 3600s);
  EXPECT_EQ(due(20, 60s), 450s);
  EXPECT_LT(kRetryAfterMost, kDueFarthest) << "or the store would take it for due";
  EXPECT_LT(kPauseLast, kDueFarthest);
}

TEST(ReportOf, GivesUpAfterADayAndTwelveTries) {
  const auto what = [](int tries, std::chrono::microseconds since) {
    return report_of(tried(tries - 1, kNow - since), answered(503), kNow - 1s, kNow, 0.0).what;
  };
  EXPECT_EQ(what(12, 24h), What::dead);
  EXPECT_EQ(what(12, 24h - 1us), What::again);
  EXPECT_EQ(what(11, 24h), What::again) << "the clock was set ahead, or the gateway was off";
  EXPECT_EQ(what(11, 1000h), What::again);
  EXPECT_EQ(what(500, 23h), What::again);
  EXPECT_EQ(what(500, -23h), What::again) << "the clock was set back";
  EXPECT_EQ(report_of(tried(100, kNow - 25h), answered(200), kNow, kNow, 0.0).what, What::delivered);
}

// With the smallest and the largest jitter: how a day of failures goes.
TEST(ReportOf, ADayOfFailuresHasAFewHundredTries) {
  for (const double chance : {0.0, 0.999}) {
    Stored stored = tried(0, std::nullopt);
    base::WallTime now = kNow;
    Report report;
    do {
      report = report_of(stored, answered(503), now, now, chance);
      stored.attempts = report.attempts;
      stored.first_tried_at = report.first_tried_at;
      if (report.what == What::again) now = report.due;
    } while (report.what == What::again);
    EXPECT_EQ(report.what, What::dead);
    EXPECT_GE(now - kNow, 24h);
    EXPECT_LE(now - kNow, 24h + kPauseLast);
    EXPECT_GE(report.attempts, 150) << chance;
    EXPECT_LE(report.attempts, 300) << chance;
  }
}

TEST(HealthOf, TellsTheApplicationFromTheEvent) {
  for (const int status : {200, 204, 301, 400, 401, 404, 410, 422, 499})
    EXPECT_EQ(health_of(answered(status)), Health::well) << status;
  for (const int status : {199, 408, 425, 429, 500, 502, 503, 504, 599, 600})
    EXPECT_EQ(health_of(answered(status)), Health::ill) << status;
  for (const Tried what : {Tried::unreachable, Tried::timeout, Tried::broken})
    EXPECT_EQ(health_of({.what = what}), Health::ill);
  EXPECT_EQ(health_of({.what = Tried::busy}), Health::unknown);
}

}  // namespace
}  // namespace callgate::delivery
