// SPDX-License-Identifier: Apache-2.0
#pragma once
// Heads as they go on the wire. A field that could break the framing (CR, LF or NUL in it, a name that is no
// token) is left out, and so are those that net decides itself. Pure, any thread.

#include <callgate/http/message.hpp>
#include <cstdint>
#include <ctime>
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

// Whether method and target can stand in a request line.
bool is_writable(const http::RequestHead& head);

// Request line and fields of a request that is_writable(), with the empty line, in place of what `out` holds:
// its memory is used again. keep_alive says nothing (HTTP/1.1's default); close asks for it.
void write_request_head(std::string& out, const http::Request& request, std::string_view authority,
                        AfterAnswer after);

// Whether the comma-separated fields of that name hold `element`, in any case.
bool lists_element(const http::Headers& headers, std::string_view name, std::string_view element);

}  // namespace callgate::net
