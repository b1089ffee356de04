// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/base/time_text.hpp>
#include <callgate/events/event_grid.hpp>
#include <callgate/json/writer.hpp>
#include <utility>

#include "envelope.hpp"

namespace callgate::events {

using refusal::Judged;

namespace {

constexpr std::string_view kKindField = "aeg-event-type";
constexpr std::string_view kValidationKind = "SubscriptionValidation";
constexpr std::string_view kValidationType = "Microsoft.EventGrid.SubscriptionValidationEvent";
constexpr std::size_t kCodeMost = 256;

// A member that must be there, as a string.
Judged<std::string> read_text(const json::Value& event, const char* name) {
  const auto member = event.find(name);
  if (!member) return malformed(std::string("member '") + name + "' is missing");
  const auto text = member->as_string();
  if (!text) return malformed(std::string("member '") + name + "' is not a string");
  return std::string(*text);
}

// One that may be absent or null; empty then.
Judged<std::string> read_optional_text(const json::Value& event, const char* name) {
  const auto member = event.find(name);
  if (!member || member->kind() == json::Kind::null) return std::string();
  return read_text(event, name);
}

Judged<void> check_times_and_versions(const json::Value& event) {
  if (auto subject = read_text(event, "subject"); !subject) return tl::unexpected(subject.error());
  const auto time = read_text(event, "eventTime");
  if (!time) return tl::unexpected(time.error());
  if (!base::parse_rfc3339(*time)) return malformed("member 'eventTime' is not an RFC 3339 time");
  for (const char* name : {"dataVersion", "metadataVersion"}) {
    if (auto version = read_optional_text(event, name); !version) return tl::unexpected(version.error());
  }
  return {};
}

Judged<Event> read_event(const json::Value& value) {
  if (!value.is_object()) return malformed("an event is not a JSON object");
  if (auto fault = value.find_fault(kData)) return malformed("the event's envelope: " + *fault);
  Event event;
  for (auto [name, target] : {std::pair{"id", &event.id}, {"eventType", &event.type}}) {
    auto text = read_text(value, name);
    if (!text) return tl::unexpected(text.error());
    if (text->empty()) return malformed(std::string("member '") + name + "' is empty");
    *target = std::move(*text);
  }
  if (auto checked = check_times_and_versions(value); !checked) return tl::unexpected(checked.error());
  auto topic = read_optional_text(value, "topic");
  if (!topic) return tl::unexpected(topic.error());
  event.source = std::move(*topic);
  read_call(value.find(kData), event);
  event.begin = value.begin_offset();
  event.end = value.end_offset();
  return event;
}

Judged<std::vector<Event>> read_array(const json::Value& root) {
  if (!root.is_array()) return malformed("the body is not an array of Event Grid events");
  return read_each(root, read_event);
}

bool is_code(std::string_view text) {
  return !text.empty() && text.size() <= kCodeMost &&
         std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

}  // namespace

bool is_event_grid(const http::Headers& headers) {
  return headers.count(kKindField) != 0 && headers.count("ce-specversion") == 0 &&
         !has_cloudevents_type(headers);
}

Judged<Batch> read_event_grid(std::string_view body) {
  const auto document = read_json(body);
  if (!document) return tl::unexpected(document.error());
  auto events = read_array(document->root());
  if (!events) return tl::unexpected(events.error());
  return Batch{.mode = Mode::event_grid, .events = std::move(*events)};
}

bool asks_validation(const http::Headers& headers) {
  const auto& fields = headers.fields();
  return std::any_of(fields.begin(), fields.end(), [](const http::Field& field) {
    return http::equals_ignoring_case(field.name, kKindField) &&
           http::equals_ignoring_case(http::trim(field.value), kValidationKind);
  });
}

Judged<std::string> read_validation(const http::Headers& headers, std::string_view body) {
  if (headers.count(kKindField) != 1 || !asks_validation(headers))
    return malformed("field 'aeg-event-type' is not exactly one SubscriptionValidation");
  if (!is_event_grid(headers)) return malformed("the validation of a subscription is no CloudEvent");
  const auto document = read_json(body);
  if (!document) return tl::unexpected(document.error());
  const auto events = read_array(document->root());
  if (!events) return tl::unexpected(events.error());
  if (events->size() != 1) return malformed("the validation of a subscription does not stand alone");
  if (events->front().type != kValidationType)
    return malformed("member 'eventType' is not " + std::string(kValidationType));
  const auto data = document->root().elements().front().find(kData);
  if (!data || !data->is_object()) return malformed("member 'data' is not a JSON object");
  // What is echoed must read the same to everybody.
  if (auto fault = data->find_fault("")) return malformed("member 'data': " + *fault);
  auto code = read_text(*data, "validationCode");
  if (!code) return tl::unexpected(code.error());
  if (!is_code(*code)) {
    return malformed("member 'validationCode' is not 1 to " + std::to_string(kCodeMost) +
                     " printable characters");
  }
  return code;
}

std::string validation_answer(std::string_view code) {
  json::Writer out;
  out.begin_object().member("validationResponse", code).end_object();
  return out.take();
}

}  // namespace callgate::events
