// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the header of an answer says to a cache: how long, which version, what time it is there. Pure.

#include <callgate/base/clock.hpp>
#include <callgate/http/headers.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::keys_http {

// Takes one line of an answer's header. A status line begins anew: what an interim answer or a proxy said
// before is not the issuer's.
void take_header_line(std::string_view line, http::Headers& headers);

// RFC 9111 section 5.2.2: max-age in seconds; no-store and no-cache mean 0.
std::optional<std::chrono::seconds> read_max_age(const http::Headers& headers);

// When the answer was handed out: the Date field, which a cache leaves as it was, and the Age that it adds.
std::optional<base::WallTime> read_server_time(const http::Headers& headers);

// Empty if there is none, or one too long to be sent back with every request.
std::string read_etag(const http::Headers& headers);

}  // namespace callgate::keys_http
