// SPDX-License-Identifier: Apache-2.0
#include "retry_after.hpp"

#include <algorithm>
#include <array>

namespace callgate::sink_http {
namespace {

using std::chrono::seconds;

constexpr std::chrono::hours kMost{24};
constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                   "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
constexpr std::array<std::string_view, 7> kDays{"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
constexpr std::array<std::string_view, 7> kLongDays{"Monday", "Tuesday",  "Wednesday", "Thursday",
                                                    "Friday", "Saturday", "Sunday"};

// Takes pieces from the front of a text; once something does not fit, done() stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  void expect(std::string_view piece) {
    ok_ = ok_ && rest_.starts_with(piece);
    if (ok_) rest_.remove_prefix(piece.size());
  }
  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      ok_ = ok_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9';
      if (!ok_) return 0;
      value = value * 10 + (rest_.front() - '0');
      rest_.remove_prefix(1);
    }
    return value;
  }
  bool take(std::string_view piece) {
    if (!ok_ || !rest_.starts_with(piece)) return false;
    rest_.remove_prefix(piece.size());
    return true;
  }
  // Which of these comes next, from 1 on.
  template <std::size_t N>
  unsigned one_of(const std::array<std::string_view, N>& words) {
    for (unsigned i = 0; i < N; ++i) {
      if (take(words[i])) return i + 1;
    }
    ok_ = false;
    return 1;
  }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

struct Date {
  int year = 0;
  unsigned month = 0;
  int day = 0;
  int hour = 0, minute = 0, second = 0;

  void scan_time(Scanner& in) {
    hour = in.number(2);
    in.expect(":");
    minute = in.number(2);
    in.expect(":");
    second = in.number(2);
  }
  std::optional<base::WallTime> time() const {
    const std::chrono::year_month_day date{std::chrono::year{year}, std::chrono::month{month},
                                           std::chrono::day{static_cast<unsigned>(day)}};
    if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
    return base::WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} +
           std::chrono::minutes{minute} + seconds{second};
  }
};

// "Sun, 06 Nov 1994 08:49:37 GMT"
std::optional<Date> scan_fixed(std::string_view text) {
  Scanner in(text);
  Date date;
  in.one_of(kDays);
  in.expect(", ");
  date.day = in.number(2);
  in.expect(" ");
  date.month = in.one_of(kMonths);
  in.expect(" ");
  date.year = in.number(4);
  in.expect(" ");
  date.scan_time(in);
  in.expect(" GMT");
  return in.done() ? std::optional(date) : std::nullopt;
}

// "Sunday, 06-Nov-94 08:49:37 GMT": a year that seems to lie more than 50 years ahead is of the last century.
std::optional<Date> scan_rfc850(std::string_view text, base::WallTime now) {
  Scanner in(text);
  Date date;
  in.one_of(kLongDays);
  in.expect(", ");
  date.day = in.number(2);
  in.expect("-");
  date.month = in.one_of(kMonths);
  in.expect("-");
  date.year = in.number(2);
  in.expect(" ");
  date.scan_time(in);
  in.expect(" GMT");
  const int this_year =
      static_cast<int>(std::chrono::year_month_day{std::chrono::floor<std::chrono::days>(now)}.year());
  date.year += this_year - this_year % 100;
  if (date.year > this_year + 50) date.year -= 100;
  return in.done() ? std::optional(date) : std::nullopt;
}

// "Sun Nov  6 08:49:37 1994"
std::optional<Date> scan_asctime(std::string_view text) {
  Scanner in(text);
  Date date;
  in.one_of(kDays);
  in.expect(" ");
  date.month = in.one_of(kMonths);
  in.expect(" ");
  date.day = in.take(" ") ? in.number(1) : in.number(2);
  in.expect(" ");
  date.scan_time(in);
  in.expect(" ");
  date.year = in.number(4);
  return in.done() ? std::optional(date) : std::nullopt;
}

// More digits than a day needs mean more than a day.
std::optional<seconds> parse_seconds(std::string_view text) {
  if (text.empty() || text.find_first_not_of("0123456789") != std::string_view::npos) return std::nullopt;
  std::int64_t value = 0;
  for (const char c : text) {
    value = value * 10 + (c - '0');
    if (seconds{value} >= kMost) return kMost;
  }
  return seconds{value};
}

}  // namespace

std::optional<base::WallTime> parse_http_date(std::string_view text, base::WallTime now) {
  auto date = scan_fixed(text);
  if (!date) date = scan_rfc850(text, now);
  if (!date) date = scan_asctime(text);
  return date ? date->time() : std::nullopt;
}

std::optional<seconds> find_retry_after(const http::Headers& headers, base::WallTime now) {
  const auto value = headers.find_single("Retry-After");
  if (!value) return std::nullopt;
  if (const auto given = parse_seconds(*value)) return given;
  const auto until = parse_http_date(*value, now);
  if (!until) return std::nullopt;
  const auto from = parse_http_date(headers.find_single("Date").value_or(""), now).value_or(now);
  return std::clamp<seconds>(std::chrono::ceil<seconds>(*until - from), seconds{0}, kMost);
}

}  // namespace callgate::sink_http
