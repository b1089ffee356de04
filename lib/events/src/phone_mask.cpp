// SPDX-License-Identifier: Apache-2.0
#include <callgate/events/phone_mask.hpp>

namespace callgate::events {
namespace {

constexpr std::size_t kDigitsMin = 7, kFirstShown = 2, kLastShown = 3, kSeparatorsMax = 2;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// The length of '%' and these two digits, also where the '%' was escaped again ("%252B"); 0: not there.
std::size_t escape_size(std::string_view text, char first, char second) {
  if (!text.starts_with('%')) return 0;
  std::size_t at = 1;
  while (text.substr(at).starts_with("25")) at += 2;
  const bool is_there = at + 1 < text.size() && text[at] == first && (text[at + 1] | 0x20) == second;
  return is_there ? at + 2 : 0;
}

std::size_t plus_size(std::string_view text) {
  return text.starts_with('+') ? 1 : escape_size(text, '2', 'b');
}

std::size_t mark_size(std::string_view text) {
  if (!text.starts_with('4')) return 0;
  text.remove_prefix(1);
  const std::size_t colon = text.starts_with(':') ? 1 : escape_size(text, '3', 'a');
  return colon == 0 ? 0 : colon + 1;
}

// Behind an escape is behind no digit: "%204:".
bool is_behind_digit(std::string_view text, std::size_t at) {
  const bool is_behind_escape = at >= 3 && text[at - 3] == '%';
  return at > 0 && is_digit(text[at - 1]) && !is_behind_escape;
}

// Of what says that a number follows; 0: nothing does.
std::size_t sign_size(std::string_view text, std::size_t at) {
  const std::size_t plus = plus_size(text.substr(at));
  if (plus > 0 || is_behind_digit(text, at)) return plus;
  return mark_size(text.substr(at));
}

std::size_t separator_size(std::string_view text) {
  if (std::string_view(" -.()").find(text.front()) != std::string_view::npos) return 1;
  return escape_size(text, '2', '0');
}

struct Number {
  std::string digits;
  std::size_t end = 0;  // behind its last digit
};

Number read_number(std::string_view text, std::size_t at) {
  Number number;
  std::size_t separators = 0;
  while (at < text.size()) {
    if (is_digit(text[at])) {
      number.digits += text[at];
      number.end = ++at;
      separators = 0;
      continue;
    }
    const std::size_t size = separator_size(text.substr(at));
    if (size == 0 || ++separators > kSeparatorsMax) break;
    at += size;
  }
  return number;
}

}  // namespace

std::string mask_phone_numbers(std::string_view text) {
  std::string out;
  std::size_t at = 0;
  while (at < text.size()) {
    const std::size_t sign = sign_size(text, at);
    const Number number = sign == 0 ? Number{} : read_number(text, at + sign);
    const bool is_number = number.digits.size() >= kDigitsMin;
    out += text.substr(at, is_number ? sign : 1);
    at = is_number ? number.end : at + 1;
    if (!is_number) continue;
    out.append(number.digits, 0, kFirstShown).append("...");
    out.append(number.digits, number.digits.size() - kLastShown);
  }
  return out;
}

}  // namespace callgate::events
