// SPDX-License-Identifier: Apache-2.0
#pragma once
// From an admitted request to the events that are stored. Pure, any thread.

#include <callgate/delivery/event.hpp>
#include <callgate/events/batch.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/refusal/reason.hpp>
#include <string>
#include <vector>

namespace callgate::delivery {

// For Passage::fields: Content-Type, ce-*, aeg-*, traceparent and tracestate, as received, in their order.
// What the Connection field names is for the next hop alone (RFC 9110 section 7.6.1), and left out.
std::vector<http::Field> kept_fields(const http::Headers& headers);

// `batch` was read from `body`. A lone event keeps the body byte for byte; each one of several becomes an
// array that holds its own bytes. Of events with the same key the first is kept. Refuses with
// inbox_unavailable if OpenSSL refuses to hash.
refusal::Judged<Accepted> accept(Passage passage, Verdict verdict, const events::Batch& batch,
                                 std::string body);

}  // namespace callgate::delivery
