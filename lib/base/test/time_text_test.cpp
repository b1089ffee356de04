// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/base/time_text.hpp>

namespace callgate::base {
namespace {

using namespace std::chrono_literals;

TEST(TimeText, ReadsWhatRfc3339Allows) {
  const WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 9 / 30} + 12h};
  struct Case {
    const char* text;
    WallTime time;
  } const cases[] = {
      {"2026-09-30T12:00:00Z", noon},
      {"2026-09-30t12:00:00z", noon},
      {"2026-09-30T12:00:00+00:00", noon},
      {"2026-09-30T14:30:00+02:30", noon},
      {"2026-09-30T11:00:00-01:00", noon},
      {"2026-09-30T12:00:00.5Z", noon + 500ms},
      {"2026-09-30T12:00:00.1234567+00:00", noon + 123456us},
      {"2026-09-30T11:59:60Z", noon},
  };
  for (const auto& c : cases) EXPECT_EQ(parse_rfc3339(c.text), c.time) << c.text;
}

TEST(TimeText, RefusesEverythingElse) {
  for (const char* text :
       {"", "2026", "2026-09-30", "2026-09-30T12:00:00", "2026-09-30 12:00:00Z", "2026-9-30T12:00:00Z",
        "2026-02-30T12:00:00Z", "2026-13-01T12:00:00Z", "2026-09-30T24:00:00Z", "2026-09-30T12:60:00Z",
        "2026-09-30T12:00:61Z", "2026-09-30T12:00:00.Z", "2026-09-30T12:00:00.1234567890Z",
        "2026-09-30T12:00:00+0000", "2026-09-30T12:00:00+24:00", "2026-09-30T12:00:00Zx",
        "x026-09-30T12:00:00Z"}) {
    EXPECT_FALSE(parse_rfc3339(text)) << text;
  }
}

TEST(TimeText, WritesTheDigitsAskedFor) {
  const WallTime time{std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + 3h + 4min + 5s + 678901us};
  EXPECT_EQ(format_rfc3339(time, 0), "2026-01-02T03:04:05Z");
  EXPECT_EQ(format_rfc3339(time), "2026-01-02T03:04:05.678Z");
  EXPECT_EQ(format_rfc3339(time, 7), "2026-01-02T03:04:05.6789010Z");
  EXPECT_EQ(parse_rfc3339(format_rfc3339(time, 6)), time);
}

}  // namespace
}  // namespace callgate::base
