// SPDX-License-Identifier: Apache-2.0
#pragma once
// An event as people may see it, in list and show: nothing in it says who called. Pure.

#include <callgate/delivery/event.hpp>
#include <callgate/json/writer.hpp>
#include <string_view>

namespace callgate::admin {

// Without phone numbers in what the sender wrote. The subject stays if it is a GUID; else it is "...", for it
// may be a name. Body, fields and claims are left as they are.
delivery::Stored masked(delivery::Stored stored);

// The claims that say how a token was judged, without phone numbers: iss, aud, exp, nbf, iat, jti, and sub as
// above. Of others the name alone, with "..." for what they say.
void write_masked_claims(json::Writer& out, std::string_view claims);

}  // namespace callgate::admin
