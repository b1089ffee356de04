// SPDX-License-Identifier: Apache-2.0
#pragma once
// Event Grid's own envelope (its schema "EventGridSchema") and the question with which it asks a webhook to
// prove itself before events come. Sources: the service's pages "Event Grid event schema" and "Webhook event
// delivery". Pure, total, any thread. As strict in the envelope and as lenient below `data` as the reader of
// CloudEvents. Which sender may use this envelope is for the caller to say.

#include <callgate/events/batch.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/refusal/reason.hpp>
#include <string>
#include <string_view>

namespace callgate::events {

// Whether a request is to be read by this envelope: it carries aeg-event-type, and neither its Content-Type
// nor a ce-specversion says CloudEvents (Event Grid sends those too, with the same aeg-* fields).
bool is_event_grid(const http::Headers& headers);

// A non-empty array of events, as Event Grid always sends; a lone object is refused. Each has id and
// eventType (not empty), subject (may be empty) and eventTime (RFC 3339); topic, dataVersion and
// metadataVersion are strings where they are given. One bad element refuses the whole batch. Refuses with
// event_malformed.
refusal::Judged<Batch> read_event_grid(std::string_view body);

// Whether a request says of itself that it is the validation of a subscription.
bool asks_validation(const http::Headers& headers);

// The code to send back: exactly one event of the type that stands for it, with data.validationCode of 1 to
// 256 printable ASCII characters. The validationUrl beside it is for people, and never fetched. Refuses with
// event_malformed.
refusal::Judged<std::string> read_validation(const http::Headers& headers, std::string_view body);

// The body that answers it, application/json with status 200 and no other:
// {"validationResponse":"..."}
std::string validation_answer(std::string_view code);

}  // namespace callgate::events
