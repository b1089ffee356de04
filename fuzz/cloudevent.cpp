// SPDX-License-Identifier: Apache-2.0
// Any text as the body of a callback: alone, with fixed ce-* fields, and with fields out of the input ("name:
// value" lines up to an empty one, the body behind it).

#include <callgate/events/batch.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/json/document.hpp>
#include <string>

#include "fuzz.hpp"

using namespace callgate;

namespace {

void read(const http::Headers& headers, std::string_view body) {
  (void)events::check_content_type(headers);
  const auto batch = events::read_batch(headers, body);
  if (!batch) return;
  fuzz::require(!batch->events.empty(), "a batch holds events");
  fuzz::require(batch->mode == events::Mode::batched || batch->events.size() == 1, "one event stands alone");
  std::size_t behind = 0;
  for (const auto& event : batch->events) {
    fuzz::require(!event.id.empty() && !event.type.empty() && !event.source.empty(), "an event names itself");
    fuzz::require(behind <= event.begin && event.begin <= event.end && event.end <= body.size(),
                  "events stand in order inside the body");
    behind = event.end;
    if (batch->mode == events::Mode::binary) continue;
    const auto alone = events::read_batch({}, body.substr(event.begin, event.end - event.begin));
    fuzz::require(alone && alone->mode == events::Mode::structured && alone->events.size() == 1 &&
                      alone->events[0].id == event.id && alone->events[0].type == event.type &&
                      alone->events[0].call_connection_id == event.call_connection_id &&
                      alone->events[0].incoming_call_context == event.incoming_call_context,
                  "an event's own bytes are that event");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  read({}, text);
  read({{"ce-specversion", "1.0"}, {"ce-id", "1"}, {"ce-source", "/s"}, {"ce-type", "t"}}, text);
  http::Headers headers;
  std::string_view rest = text;
  for (int fields = 0; fields < 16; ++fields) {
    const std::string_view line = fuzz::take_line(rest);
    if (line.empty()) break;
    const std::size_t colon = line.find(": ");
    if (colon == std::string_view::npos) return 0;
    headers.add(std::string(line.substr(0, colon)), std::string(line.substr(colon + 2)));
  }
  read(headers, rest);
  return 0;
}
