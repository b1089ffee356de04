// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/events/consent.hpp>

namespace callgate::events {

using refusal::Judged;

namespace {

constexpr std::string_view kOriginField = "WebHook-Request-Origin";
constexpr std::string_view kRateField = "WebHook-Request-Rate";
constexpr std::size_t kNameMost = 253, kLabelMost = 63, kRateDigitsMost = 9;

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_letter_or_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

bool is_label(std::string_view text) {
  return !text.empty() && text.size() <= kLabelMost && text.front() != '-' && text.back() != '-' &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_letter_or_digit(c) || c == '-'; });
}

bool is_dns_name(std::string_view text) {
  if (text.size() > kNameMost) return false;
  for (auto dot = text.find('.'); dot != std::string_view::npos; dot = text.find('.')) {
    if (!is_label(text.substr(0, dot))) return false;
    text.remove_prefix(dot + 1);
  }
  // All digits at the end: an address.
  return is_label(text) && !std::all_of(text.begin(), text.end(), is_digit);
}

bool is_rate(std::string_view text) {
  return !text.empty() && text.size() <= kRateDigitsMost && text.front() != '0' &&
         std::all_of(text.begin(), text.end(), is_digit);
}

auto malformed_field(const char* what) {
  return refusal::refuse(refusal::Reason::event_malformed, what);
}

}  // namespace

bool asks_consent(std::string_view method, const http::Headers& headers) {
  return method == "OPTIONS" && headers.count(kOriginField) != 0;
}

Judged<Consent> read_consent(const http::Headers& headers) {
  const auto origin = headers.find_single(kOriginField);
  if (!origin || !is_dns_name(*origin))
    return malformed_field("field 'WebHook-Request-Origin' is not exactly one DNS name");
  Consent consent{.origin = std::string(*origin), .rate = "*"};
  if (headers.count(kRateField) != 0) {
    const auto rate = headers.find_single(kRateField);
    if (!rate || !is_rate(*rate))
      return malformed_field("field 'WebHook-Request-Rate' is not one number from 1 to 999999999");
    consent.rate = std::string(*rate);
  }
  return consent;
}

}  // namespace callgate::events
