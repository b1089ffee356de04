// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/delivery/schedule.hpp>

namespace callgate::delivery {
namespace {

using What = Pushed::What;
using std::chrono::milliseconds;
using std::chrono::seconds;

bool is_between(int status, int low, int high) {
  return status >= low && status < high;
}

// 4xx that speak of the moment and not of the request.
bool is_passing(int status) {
  return status == 408 || status == 425 || status == 429;
}

bool is_delivered(const Pushed& pushed) {
  return pushed.what == What::answered && is_between(pushed.status, 200, 300);
}

bool is_refused_for_good(const Pushed& pushed, int tries) {
  if (pushed.what != What::answered || !is_between(pushed.status, 400, 500) || is_passing(pushed.status))
    return false;
  return pushed.status == 410 || tries >= kRefusedTriesMax;
}

}  // namespace

milliseconds pause_after(int failed, double chance) {
  constexpr milliseconds kFirst = kPauseFirst, kLastFrom = kPauseLast / 2;
  milliseconds from = kFirst;
  for (int i = 1; i < failed && from < kLastFrom; ++i) from *= 2;
  from = std::min(from, kLastFrom);
  return from + std::chrono::floor<milliseconds>(from * chance);
}

std::string note_of(const Pushed& pushed) {
  switch (pushed.what) {
    case What::answered:
      return std::to_string(pushed.status);
    case What::unreachable:
      return "unreachable";
    case What::timeout:
      return "timeout";
    case What::broken:
      return "broken";
    case What::busy:
      return "busy";
  }
  return {};
}

Report report_of(const Stored& stored, const Pushed& pushed, base::WallTime begun, base::WallTime now,
                 double chance) {
  Report report{.number = stored.number,
                .what = Report::What::delivered,
                .at = now,
                .due = {},
                .attempts = stored.attempts,
                .first_tried_at = stored.first_tried_at.value_or(begun),
                .note = note_of(pushed)};
  ++report.attempts;
  if (is_delivered(pushed)) return report;
  const bool too_long = now - report.first_tried_at >= kGiveUpAfter && report.attempts >= kFailedTriesMin;
  if (too_long || is_refused_for_good(pushed, report.attempts)) {
    report.what = Report::What::dead;
    return report;
  }
  const milliseconds asked =
      std::clamp<seconds>(pushed.retry_after.value_or(seconds{0}), seconds{0}, kRetryAfterMost);
  report.what = Report::What::again;
  report.due = now + std::max(pause_after(report.attempts, chance), asked);
  return report;
}

Health health_of(const Pushed& pushed) {
  if (pushed.what == What::busy) return Health::unknown;
  const bool well =
      pushed.what == What::answered && is_between(pushed.status, 200, 500) && !is_passing(pushed.status);
  return well ? Health::well : Health::ill;
}

}  // namespace callgate::delivery
