// SPDX-License-Identifier: Apache-2.0
#pragma once
// Times as text, RFC 3339. Pure, total, any thread.

#include <callgate/base/clock.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::base {

// Strict RFC 3339 date-time with an offset ("2026-09-30T08:15:42.1234567+00:00", "...Z"): 'T' and 'Z' in
// either case, any number of fraction digits up to 9 (cut to microseconds), second 60 accepted as the next
// second.
std::optional<WallTime> parse_rfc3339(std::string_view text);

// UTC with 'Z' and the given number of fraction digits, 0 to 7 (beyond six: zero).
std::string format_rfc3339(WallTime time, int fraction_digits = 3);

}  // namespace callgate::base
