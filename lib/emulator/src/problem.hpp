// SPDX-License-Identifier: Apache-2.0
#pragma once
// Answers that say what went wrong (RFC 9457), and plain JSON answers. Pure, any thread.

#include <callgate/http/message.hpp>
#include <callgate/refusal/reason.hpp>
#include <string>
#include <string_view>

namespace callgate::emulator {

http::Response json_answer(std::string body);

http::Response problem(int status, std::string_view detail);

// For what net refuses on the way: framing, sizes, time-outs.
http::Response problem(const refusal::Refusal& refusal);

}  // namespace callgate::emulator
