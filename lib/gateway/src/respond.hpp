// SPDX-License-Identifier: Apache-2.0
#pragma once
// The one place that turns a reason into a status line (RFC 9110, RFC 6750, RFC 9457). Pure, any thread.

#include <callgate/http/message.hpp>
#include <callgate/refusal/reason.hpp>
#include <string>

namespace callgate::gateway {

int status_of(refusal::Reason reason);

// A problem document with the fields that its status demands (WWW-Authenticate, Allow, Retry-After).
http::Response problem(const refusal::Refusal& refusal, const std::string& request_id);

// 200 {"success":true}
http::Response success(const std::string& request_id);

}  // namespace callgate::gateway
