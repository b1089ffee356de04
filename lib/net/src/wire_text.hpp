// SPDX-License-Identifier: Apache-2.0
#pragma once
// Heads as they go on the wire. A field that could break the framing (CR, LF or NUL in it, a name that is no
// token) is left out, and so are those that net decides itself. Pure, any thread.

#include <callgate/http/message.hpp>
#include <cstdint>
#include <ctime>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::net {

// "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 section 5.6.7), whatever the locale.
std::string format_http_date(std::time_t time);

// Whether an answer of this status can have a body (RFC 9110 section 6.4.1).
bool status_has_body(int status);

enum class AfterAnswer {
  keep_alive,
  close,
  until_close,  // the end of the connection is the end of the body
};

// Status line and fields of an answer to a request of HTTP/1.`version_minor`, with the empty line. A Date
// that is given is kept.
std::string make_answer_head(const http::Response& response, std::uint8_t version_minor, AfterAnswer after,
                             std::string_view date);

// Request line and fields of a request that asks for the connection to be closed afterwards. Nothing if
// method or target cannot be written.
std::optional<std::string> make_request_head(const http::Request& request, std::string_view authority);

}  // namespace callgate::net
