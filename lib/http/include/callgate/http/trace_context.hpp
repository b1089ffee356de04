// SPDX-License-Identifier: Apache-2.0
#pragma once
// W3C Trace Context, as far as a log needs it. Pure, any thread.

#include <callgate/http/headers.hpp>
#include <optional>
#include <string_view>

namespace callgate::http {

// The trace-id of the one `traceparent` field, 32 lower-case hexadecimal digits; nothing if there is none, or
// several, or one that the recommendation calls invalid (section 3.2.2).
std::optional<std::string_view> find_trace_id(const Headers& headers);

}  // namespace callgate::http
