// SPDX-License-Identifier: Apache-2.0
#pragma once
// The body of a callback as CloudEvents 1.0 (JSON event format 1.0.2, HTTP protocol binding 1.0.2);
// event_grid.hpp reads Event Grid's own envelope into the same values. Pure, total, any thread. Strict in the
// envelope (as strict as a token header), lenient below `data`: there only JSON grammar, UTF-8 and depth
// count, so that whatever a sender adds to its events tomorrow still passes.

#include <callgate/http/headers.hpp>
#include <callgate/refusal/reason.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::events {

struct Event {
  std::string id;
  std::string source;  // Event Grid: the topic; empty if it names none
  std::string type;
  std::string call_connection_id;  // data.callConnectionId; empty if there is none
  // data.incomingCallContext, which stands for a call that has no connection yet; empty if there is none.
  // Several KB, opaque, with tokens and personal data inside: neither log nor keep it, take a digest of it.
  std::string incoming_call_context;
  std::size_t begin = 0;  // its own bytes in the body: [begin, end)
  std::size_t end = 0;
};

enum class Mode { structured, batched, binary, event_grid };

struct Batch {
  Mode mode = Mode::structured;
  std::vector<Event> events;  // never empty
};

// Absent, application/json, application/cloudevents+json or application/cloudevents-batch+json, in UTF-8, not
// compressed. Refuses with content_type_unsupported.
refusal::Judged<void> check_content_type(const http::Headers& headers);

// One event, a non-empty array of events, or (with ce-* fields) one event in binary mode. One bad element
// refuses the whole batch. Refuses with event_malformed.
refusal::Judged<Batch> read_batch(const http::Headers& headers, std::string_view body);

}  // namespace callgate::events
