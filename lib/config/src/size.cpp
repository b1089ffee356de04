// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <callgate/config/size.hpp>
#include <charconv>

namespace callgate::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t bytes;
};
constexpr std::array<Unit, 4> kUnits{
    {{"GiB", std::uint64_t{1} << 30}, {"MiB", std::uint64_t{1} << 20}, {"KiB", 1024}, {"B", 1}}};
constexpr std::uint64_t kMost = std::uint64_t{1} << 40;

}  // namespace

std::optional<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t count = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (fault != std::errc{}) return std::nullopt;
  std::string_view name = text.substr(static_cast<std::size_t>(end - text.data()));
  if (name.empty()) name = "B";
  for (const Unit& unit : kUnits) {
    if (unit.name != name) continue;
    if (count > kMost / unit.bytes) return std::nullopt;
    return count * unit.bytes;
  }
  return std::nullopt;
}

std::string format_size(std::uint64_t bytes) {
  for (const Unit& unit : kUnits) {
    if (bytes % unit.bytes == 0 && bytes >= unit.bytes)
      return std::to_string(bytes / unit.bytes) + std::string(unit.name);
  }
  return "0B";
}

}  // namespace callgate::config
