// SPDX-License-Identifier: Apache-2.0
#pragma once
// The Retry-After field of an answer (RFC 9110 section 10.2.3). Pure, total, any thread.

#include <callgate/base/clock.hpp>
#include <callgate/http/headers.hpp>
#include <chrono>
#include <optional>
#include <string_view>

namespace callgate::sink_http {

// One of the three forms of RFC 9110 section 5.6.7. `now` tells the century of the one with two digits.
std::optional<base::WallTime> parse_http_date(std::string_view text, base::WallTime now);

// How long to wait: a number of seconds, or the time until a date, 0 if it has passed. A date counts from the
// answer's own Date field, so that it does not matter whose clock is right; without one from `now`. Nothing
// if the field is not there exactly once or means nothing. At most a day, whatever it says.
std::optional<std::chrono::seconds> find_retry_after(const http::Headers& headers, base::WallTime now);

}  // namespace callgate::sink_http
