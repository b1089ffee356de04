// SPDX-License-Identifier: Apache-2.0
#include <callgate/events/event_grid.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/policy/check.hpp>

namespace callgate::gate {

using refusal::Judged;

namespace {

Judged<events::Batch> read_body(const http::Headers& headers, std::string_view body, Envelope envelope) {
  const bool event_grid = envelope == Envelope::cloud_events_or_event_grid && events::is_event_grid(headers);
  return event_grid ? events::read_event_grid(body) : events::read_batch(headers, body);
}

}  // namespace

Judged<events::Batch> judge_body(const ProvenToken& token, const Provider& provider,
                                 const http::Headers& headers, std::string_view body) {
  if (auto checked = events::check_content_type(headers); !checked) return tl::unexpected(checked.error());
  if (auto checked = policy::check_body(token.claims(), provider.rules, body); !checked) {
    return tl::unexpected(checked.error());
  }
  return read_body(headers, body, provider.envelope);
}

Judged<events::Batch> judge_body(const ProvenSecret& /*proof*/, const http::Headers& headers,
                                 std::string_view body, Envelope envelope) {
  if (auto checked = events::check_content_type(headers); !checked) return tl::unexpected(checked.error());
  return read_body(headers, body, envelope);
}

}  // namespace callgate::gate
