// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of one request, as log, counters and the admin port tell it.

#include <callgate/base/clock.hpp>
#include <callgate/events/phone_mask.hpp>
#include <callgate/gate/column.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::gateway {

struct VerdictRecord {
  base::WallTime received_at{};
  std::string request_id;
  std::string provider;  // empty before one was known
  std::string route;     // its path, as configured; empty if there was none
  std::string peer;
  gate::Decision decision = gate::Decision::admit;
  std::optional<refusal::Reason> reason;
  bool shadow = false;  // passed on all the same
  bool repeat = false;  // admitted before: answered, but not delivered again
  int status = 0;
  std::string kid;  // a stranger's word unless admitted
  std::vector<std::string> event_types;
  std::string call_id;
  std::string trace_id;
  double milliseconds = 0;
};

// What others wrote is shown up to here, without phone numbers.
inline constexpr std::size_t kForeignTextMax = 80;
inline constexpr std::size_t kEventTypesMax = 5;
inline std::string shown(std::string_view text) {
  // Masked first: what is cut off a number may be too short to be known as one.
  return events::mask_phone_numbers(text).substr(0, kForeignTextMax);
}

}  // namespace callgate::gateway
