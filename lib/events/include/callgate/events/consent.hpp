// SPDX-License-Identifier: Apache-2.0
#pragma once
// The question whether events may be sent here at all: OPTIONS with WebHook-Request-Origin. Source:
// CloudEvents, "HTTP 1.1 Web Hooks for Event Delivery" 1.0.2, section 4. Consent authenticates nobody; answer
// it only to a sender that has proved itself. Pure, total, any thread.

#include <callgate/http/headers.hpp>
#include <callgate/refusal/reason.hpp>
#include <string>
#include <string_view>

namespace callgate::events {

// What the answer says. Its status does not count as consent, these two fields do.
struct Consent {
  std::string origin;  // WebHook-Allowed-Origin: the one that asked, never "*"
  std::string
      rate;  // WebHook-Allowed-Rate: what it asked for, in requests per minute; "*" if it asked for none
};

bool asks_consent(std::string_view method, const http::Headers& headers);

// WebHook-Request-Origin once, one DNS name (RFC 1123 section 2.1: letters, digits and hyphens; no address,
// no list, no wildcard); WebHook-Request-Rate at most once, 1 to 999999999. WebHook-Request-Callback is not
// looked at: nothing is ever fetched because a request names it. Refuses with event_malformed.
refusal::Judged<Consent> read_consent(const http::Headers& headers);

}  // namespace callgate::events
