// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/duration.hpp>

namespace callgate::config {
namespace {

using namespace std::chrono_literals;

TEST(Duration, ReadsAndWritesWhatPeopleWrite) {
  for (const auto& [text, span] : {std::pair{"30s", std::chrono::milliseconds(30s)},
                                   {"5m", 5min},
                                   {"12h", 12h},
                                   {"2d", 48h},
                                   {"250ms", 250ms}}) {
    EXPECT_EQ(parse_duration(text), span) << text;
    EXPECT_EQ(format_duration(span), text);
  }
  EXPECT_EQ(parse_duration("0s"), 0ms);
  EXPECT_EQ(format_duration(0ms), "0s");
  EXPECT_EQ(format_duration(90s), "90s");
}

TEST(Duration, RefusesTheRest) {
  for (const char* text : {"", "30", "s", "-1s", "1.5s", "1 s", "1S", "1w", "99999999999d", "1001d"})
    EXPECT_FALSE(parse_duration(text)) << text;
}

}  // namespace
}  // namespace callgate::config
