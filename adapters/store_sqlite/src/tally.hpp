// SPDX-License-Identifier: Apache-2.0
#pragma once
// What would take long to count, kept as it changes.

#include <array>
#include <callgate/delivery/event.hpp>
#include <cstdint>

namespace callgate::store_sqlite {

// As numbers in the file, and in its partial indexes.
static_assert(static_cast<int>(delivery::State::queued) == 0 &&
              static_cast<int>(delivery::State::delivered) == 1 &&
              static_cast<int>(delivery::State::taken) == 2 && static_cast<int>(delivery::State::dead) == 3);
constexpr std::size_t kStates = 4;

struct Tally {
  std::array<std::int64_t, kStates> events{};  // by state
  std::int64_t lanes = 0;                      // with something queued
  std::int64_t& of(delivery::State state) { return events[static_cast<std::size_t>(state)]; }
  bool operator==(const Tally&) const = default;
};

}  // namespace callgate::store_sqlite
