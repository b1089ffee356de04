// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <callgate/base/time_text.hpp>
#include <cstdint>
#include <cstdio>

namespace callgate::base {
namespace {

using std::chrono::microseconds;

// Takes digits and separators from the front of a text; once something does not fit, ok() stays false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int number(std::size_t digits) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) value = value * 10 + digit();
    return value;
  }
  void expect(std::string_view any_of) {
    ok_ = ok_ && !rest_.empty() && any_of.find(rest_.front()) != std::string_view::npos;
    if (ok_) rest_.remove_prefix(1);
  }
  bool take(char c) {
    if (!ok_ || rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    return true;
  }
  bool at_digit() const { return ok_ && !rest_.empty() && rest_.front() >= '0' && rest_.front() <= '9'; }
  int digit() {
    if (!at_digit()) {
      ok_ = false;
      return 0;
    }
    const int value = rest_.front() - '0';
    rest_.remove_prefix(1);
    return value;
  }
  bool ok() const { return ok_; }
  bool done() const { return ok_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool ok_ = true;
};

std::optional<microseconds> scan_fraction(Scanner& in) {
  if (!in.take('.')) return microseconds{0};
  int digits = 0;
  std::int64_t value = 0;
  while (in.at_digit()) {
    const int d = in.digit();
    if (++digits > 9) return std::nullopt;
    if (digits <= 6) value = value * 10 + d;
  }
  if (digits == 0) return std::nullopt;
  for (int i = digits; i < 6; ++i) value *= 10;
  return microseconds{value};
}

std::optional<std::chrono::minutes> scan_offset(Scanner& in) {
  if (in.take('Z') || in.take('z')) return std::chrono::minutes{0};
  const bool behind = in.take('-');
  if (!behind) in.expect("+");
  const int hours = in.number(2);
  in.expect(":");
  const int minutes = in.number(2);
  if (!in.ok() || hours > 23 || minutes > 59) return std::nullopt;
  const std::chrono::minutes offset{hours * 60 + minutes};
  return behind ? -offset : offset;
}

}  // namespace

std::optional<WallTime> parse_rfc3339(std::string_view text) {
  Scanner in(text);
  const int year = in.number(4);
  in.expect("-");
  const int month = in.number(2);
  in.expect("-");
  const int day = in.number(2);
  in.expect("Tt");
  const int hour = in.number(2);
  in.expect(":");
  const int minute = in.number(2);
  in.expect(":");
  const int second = in.number(2);
  const auto fraction = scan_fraction(in);
  if (!in.ok() || !fraction) return std::nullopt;
  const auto offset = scan_offset(in);
  const std::chrono::year_month_day date{std::chrono::year{year},
                                         std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)}};
  if (!in.done() || !offset || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return WallTime{std::chrono::sys_days{date}} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second} + *fraction - *offset;
}

std::string format_rfc3339(WallTime time, int fraction_digits) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date{day};
  const std::chrono::hh_mm_ss clock{time - day};
  std::array<char, 48> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02u-%02uT%02d:%02d:%02d", static_cast<int>(date.year()),
                static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
                static_cast<int>(clock.seconds().count()));
  std::string text(out.data());
  if (fraction_digits > 0) {
    std::snprintf(out.data(), out.size(), ".%06d0", static_cast<int>(clock.subseconds().count()));
    text += std::string_view(out.data()).substr(0, 1 + static_cast<std::size_t>(fraction_digits));
  }
  return text + "Z";
}

}  // namespace callgate::base
