// SPDX-License-Identifier: Apache-2.0
#include "envelope.hpp"

#include <callgate/http/media_type.hpp>
#include <utility>

namespace callgate::events {

using refusal::Judged;

Judged<json::Document> read_json(std::string_view body) {
  auto document = json::parse(body, json::Strictness::grammar);
  if (!document) {
    return malformed("the body is not JSON: " + document.error().what + " at byte " +
                     std::to_string(document.error().offset));
  }
  return std::move(*document);
}

void read_call(const std::optional<json::Value>& data, Event& event) {
  if (!data) return;
  for (auto [name, target] : {std::pair{"callConnectionId", &event.call_connection_id},
                              {"incomingCallContext", &event.incoming_call_context}}) {
    const auto member = data->find(name);
    *target = member ? member->as_string().value_or("") : "";
  }
}

Judged<std::vector<Event>> read_each(const json::Value& array, Judged<Event> (*read)(const json::Value&)) {
  std::vector<Event> events;
  for (const json::Value& element : array.elements()) {
    auto event = read(element);
    if (!event) {
      return malformed("event " + std::to_string(events.size() + 1) +
                       " of the batch: " + event.error().detail);
    }
    events.push_back(std::move(*event));
  }
  if (events.empty()) return malformed("the batch is empty");
  return events;
}

bool has_cloudevents_type(const http::Headers& headers) {
  const auto type = http::parse_media_type(headers.find("Content-Type").value_or(""));
  return type && type->essence.starts_with("application/cloudevents");
}

}  // namespace callgate::events
