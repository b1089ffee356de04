// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/delivery/accept.hpp>
#include <callgate/delivery/identity.hpp>
#include <string_view>
#include <unordered_set>

namespace callgate::delivery {
namespace {

bool is_kept(std::string_view name) {
  const std::string lower = http::to_lower(name);
  return lower == "content-type" || lower == "traceparent" || lower == "tracestate" ||
         lower.starts_with("ce-") || lower.starts_with("aeg-");
}

refusal::Judged<NewEvent> name_event(const std::string& route, const events::Event& event) {
  auto call = call_of(event);
  if (!call) return tl::unexpected(call.error());
  auto key = event_key(route, *call, event.id);
  if (!key) return tl::unexpected(key.error());
  return NewEvent{
      .key = std::move(*key), .call = std::move(*call), .id = event.id, .type = event.type, .body = {}};
}

}  // namespace

std::vector<http::Field> kept_fields(const http::Headers& headers) {
  const auto for_next_hop = headers.list("Connection");
  std::vector<http::Field> kept;
  for (const http::Field& field : headers.fields()) {
    if (!is_kept(field.name)) continue;
    const bool named = std::any_of(for_next_hop.begin(), for_next_hop.end(), [&](std::string_view name) {
      return http::equals_ignoring_case(name, field.name);
    });
    if (!named) kept.push_back(field);
  }
  return kept;
}

refusal::Judged<Accepted> accept(Passage passage, Verdict verdict, const events::Batch& batch,
                                 std::string body) {
  Accepted accepted{.passage = std::move(passage), .verdict = std::move(verdict), .events = {}};
  std::unordered_set<std::string> keys;
  for (const events::Event& event : batch.events) {
    auto named = name_event(accepted.passage.route, event);
    if (!named) return tl::unexpected(named.error());
    if (!keys.insert(named->key).second) continue;
    if (batch.events.size() > 1) named->body = "[" + body.substr(event.begin, event.end - event.begin) + "]";
    accepted.events.push_back(std::move(*named));
  }
  if (batch.events.size() == 1) accepted.events.front().body = std::move(body);
  return accepted;
}

}  // namespace callgate::delivery
