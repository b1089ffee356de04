// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the readers of both envelopes share.

#include <callgate/events/batch.hpp>
#include <callgate/json/document.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::events {

// The member that is the sender's own affair in either envelope.
inline constexpr std::string_view kData = "data";

inline auto malformed(std::string what) {
  return refusal::refuse(refusal::Reason::event_malformed, std::move(what));
}

// By grammar alone: the envelopes are judged event by event.
refusal::Judged<json::Document> read_json(std::string_view body);

// Which call `data` speaks of, into the event; what it does not name stays empty.
void read_call(const std::optional<json::Value>& data, Event& event);

// Every element of an array, none of them bad, at least one.
refusal::Judged<std::vector<Event>> read_each(const json::Value& array,
                                              refusal::Judged<Event> (*read)(const json::Value&));

// Content-Type says that the body is a CloudEvent or a batch of them.
bool has_cloudevents_type(const http::Headers& headers);

}  // namespace callgate::events
