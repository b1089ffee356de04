// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <callgate/config/duration.hpp>
#include <charconv>

namespace callgate::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1'000}, {"ms", 1}}};

}  // namespace

std::optional<std::chrono::milliseconds> parse_duration(std::string_view text) {
  std::int64_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault != std::errc{} || count < 0 || text.starts_with('-')) return std::nullopt;
  const std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    constexpr std::int64_t kMost = 1'000 * std::int64_t{86'400'000};  // a thousand days
    if (count > kMost / unit.milliseconds) return std::nullopt;
    return std::chrono::milliseconds{count * unit.milliseconds};
  }
  return std::nullopt;
}

std::string format_duration(std::chrono::milliseconds span) {
  for (const Unit& unit : kUnits) {
    if (span.count() % unit.milliseconds == 0 && span.count() >= unit.milliseconds) {
      return std::to_string(span.count() / unit.milliseconds) + std::string(unit.name);
    }
  }
  return "0s";
}

}  // namespace callgate::config
