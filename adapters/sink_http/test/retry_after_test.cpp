// SPDX-License-Identifier: Apache-2.0
#include "retry_after.hpp"

#include <gtest/gtest.h>

#include <callgate/base/time_text.hpp>
#include <string>

namespace callgate::sink_http {
namespace {

using namespace std::chrono_literals;

const base::WallTime kNow = *base::parse_rfc3339("2026-09-30T08:00:00Z");

std::optional<std::chrono::seconds> wait_of(const std::string& value, const std::string& date = "") {
  http::Headers headers{{"Retry-After", value}};
  if (!date.empty()) headers.add("Date", date);
  return find_retry_after(headers, kNow);
}

TEST(HttpDate, IsReadInAllThreeForms) {
  const auto expected = base::parse_rfc3339("1994-11-06T08:49:37Z");
  for (const char* text :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994"})
    EXPECT_EQ(parse_http_date(text, kNow), expected) << text;
  EXPECT_EQ(parse_http_date("Mon Nov 16 08:49:37 2026", kNow), base::parse_rfc3339("2026-11-16T08:49:37Z"));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-76 08:49:37 GMT", kNow),
            base::parse_rfc3339("2076-11-06T08:49:37Z"));
  EXPECT_EQ(parse_http_date("Sunday, 06-Nov-77 08:49:37 GMT", kNow),
            base::parse_rfc3339("1977-11-06T08:49:37Z"));
}

TEST(HttpDate, NothingElseIsOne) {
  for (const char* text :
       {"", "Sun", "Sun, 06 Nov 1994 08:49:37", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 06 Nov 1994 08:49:37 GMT ", "sun, 06 Nov 1994 08:49:37 GMT", "Sun, 31 Feb 1994 08:49:37 GMT",
        "Sun, 06 Nov 1994 24:00:00 GMT", "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Non 1994 08:49:37 GMT",
        "Sun Nov 06 08:49:37 94", "Sun, 00 Nov 1994 08:49:37 GMT", "1994-11-06T08:49:37Z", "784111777"})
    EXPECT_FALSE(parse_http_date(text, kNow)) << text;
}

TEST(RetryAfter, IsANumberOfSecondsOrADate) {
  EXPECT_EQ(wait_of("0"), 0s);
  EXPECT_EQ(wait_of("120"), 120s);
  EXPECT_EQ(wait_of("Wed, 30 Sep 2026 08:02:00 GMT"), 120s);
  EXPECT_EQ(wait_of("Wed, 30 Sep 2026 07:00:00 GMT"), 0s) << "it has passed";
  EXPECT_EQ(wait_of("Wed, 30 Sep 2026 10:00:30 GMT", "Wed, 30 Sep 2026 10:00:00 GMT"), 30s)
      << "by the application's own clock";
  EXPECT_EQ(wait_of("Wed, 30 Sep 2026 08:02:00 GMT", "today"), 120s);
}

TEST(RetryAfter, IsADayAtMost) {
  EXPECT_EQ(wait_of("86399"), 86399s);
  EXPECT_EQ(wait_of("86400"), 86400s);
  EXPECT_EQ(wait_of("86401"), 86400s);
  EXPECT_EQ(wait_of(std::string(500, '9')), 86400s);
  EXPECT_EQ(wait_of("Fri, 31 Dec 9999 23:59:59 GMT"), 86400s);
}

TEST(RetryAfter, WhatMeansNothingIsNotThere) {
  for (const char* text : {"", "-1", "+1", "1.5", "1s", "0x10", "soon", "Wed, 30 Sep 2026"})
    EXPECT_FALSE(wait_of(text)) << text;
  EXPECT_FALSE(find_retry_after({}, kNow));
  EXPECT_FALSE(find_retry_after({{"Retry-After", "1"}, {"retry-after", "2"}}, kNow));
}

}  // namespace
}  // namespace callgate::sink_http
