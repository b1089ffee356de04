// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one place that turns a reason into a status line (RFC 9110, RFC 6750, RFC 9457). Pure, any thread.

#include <callgate/gate/handshake.hpp>
#include <callgate/http/message.hpp>
#include <callgate/refusal/reason.hpp>
#include <chrono>
#include <string>

namespace callgate::gateway {

int status_of(refusal::Reason reason);

// A problem document with the fields that its status demands (WWW-Authenticate, Allow, Retry-After).
// Without `reveal` it does not say why: no detail, no reason, and the same words for every refused token.
// `retry_after` counts where the status is 503.
inline constexpr std::chrono::seconds kRetryAfter{2};
http::Response problem(const refusal::Refusal& refusal, const std::string& request_id, bool reveal = true,
                       std::chrono::seconds retry_after = kRetryAfter);

// 200 {"success":true}
http::Response success(const std::string& request_id);

// To a callback that was admitted before: the status that its first try got, with a body of our own.
http::Response repeated(int status, const std::string& request_id);

// 200 with what Event Grid asked for before it delivers.
http::Response handshake_answer(const gate::Handshake& handshake, const std::string& request_id);

}  // namespace callgate::gateway
