// SPDX-License-Identifier: Apache-2.0
// Any text as a body of Event Grid, as the validation of a subscription, and as the fields that ask for
// consent (line 1 the origin, line 2 the rate).

#include <callgate/events/consent.hpp>
#include <callgate/events/event_grid.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/json/document.hpp>
#include <string>

#include "fuzz.hpp"

using namespace callgate;

namespace {

void read_events(std::string_view body) {
  const auto batch = events::read_event_grid(body);
  if (!batch) return;
  fuzz::require(!batch->events.empty() && batch->mode == events::Mode::event_grid, "a batch holds events");
  std::size_t behind = 0;
  for (const auto& event : batch->events) {
    fuzz::require(!event.id.empty() && !event.type.empty(), "an event names itself");
    fuzz::require(behind < event.begin && event.begin < event.end && event.end < body.size(),
                  "events stand in order inside the array");
    behind = event.end;
    const std::string alone = "[" + std::string(body.substr(event.begin, event.end - event.begin)) + "]";
    const auto again = events::read_event_grid(alone);
    fuzz::require(again && again->events.size() == 1 && again->events[0].id == event.id &&
                      again->events[0].type == event.type && again->events[0].source == event.source &&
                      again->events[0].call_connection_id == event.call_connection_id &&
                      again->events[0].incoming_call_context == event.incoming_call_context,
                  "an event's own bytes are that event");
  }
}

void read_validation(std::string_view body) {
  const auto code = events::read_validation({{"aeg-event-type", "SubscriptionValidation"}}, body);
  if (!code) return;
  const auto batch = events::read_event_grid(body);
  fuzz::require(batch && batch->events.size() == 1, "the validation is one event");
  const auto answer = json::parse(events::validation_answer(*code));
  fuzz::require(answer && answer->root().size() == 1 &&
                    answer->root().find("validationResponse")->as_string() == *code && !code->empty() &&
                    code->size() <= 256,
                "the answer is the code and nothing else");
}

void read_consent(std::string_view text) {
  http::Headers headers{{"WebHook-Request-Origin", std::string(fuzz::take_line(text))}};
  if (!text.empty()) headers.add("WebHook-Request-Rate", std::string(text));
  const auto consent = events::read_consent(headers);
  if (!consent) return;
  fuzz::require(consent->origin == headers.find("WebHook-Request-Origin") && consent->origin.size() <= 253 &&
                    consent->origin.find_first_of("*,/: \t\r\n") == std::string::npos,
                "consent is for the one name that asked");
  fuzz::require(consent->rate == headers.find("WebHook-Request-Rate").value_or("*"), "the rate is as asked");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  read_events(text);
  read_validation(text);
  read_consent(text);
  return 0;
}
