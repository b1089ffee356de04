// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads the bearer token of a request (RFC 6750 section 2.1, RFC 9110 section 11). Pure, any thread.

#include <callgate/http/headers.hpp>
#include <callgate/refusal/reason.hpp>
#include <string_view>

namespace callgate::http {

// The token's text, which lives as long as `headers`. Exactly one Authorization field, the scheme in any
// case, one or more spaces, then the token. Never from query, form or cookie. Refuses with token_missing,
// scheme_unsupported or token_malformed.
refusal::Judged<std::string_view> read_bearer(const Headers& headers);

}  // namespace callgate::http
