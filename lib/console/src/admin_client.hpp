// SPDX-License-Identifier: Apache-2.0
#pragma once
// Asks the administration of a running gateway.

#include <callgate/base/error.hpp>
#include <callgate/base/redacted.hpp>
#include <callgate/http/message.hpp>
#include <callgate/http/url.hpp>
#include <string>

namespace callgate::console {

// Whatever it answered, or why it could not be asked and what to do. Waits for the answer, with a limit; at
// most `bytes_max` of it are read.
base::Result<http::Response> ask_admin(const http::Url& admin, const base::Redacted<std::string>& token,
                                       http::Request request, std::size_t bytes_max);

// What an answer means that is none to the question, and what to do: no token, another host, no callgate.
std::string why_no_answer(const std::string& origin, int status, bool token_was_sent);

}  // namespace callgate::console
