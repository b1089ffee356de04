// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/gate/replay_check.hpp>
#include <callgate/http/bearer.hpp>
#include <string>
#include <utility>
#include <vector>

namespace callgate::gate {

using refusal::Judged;

namespace {

// In binary mode these fields are half of the event. Sorted, so that a retry through another proxy gives the
// same text; no name holds a ':' and no value a line end.
std::string event_attributes(const http::Headers& headers) {
  std::vector<std::pair<std::string, std::string>> attributes;
  for (const http::Field& field : headers.fields()) {
    std::string name = http::to_lower(field.name);
    if (name.starts_with("ce-")) attributes.emplace_back(std::move(name), field.value);
  }
  std::sort(attributes.begin(), attributes.end());
  std::string text;
  for (const auto& [name, value] : attributes) text += name + ":" + value + "\n";
  return text;
}

}  // namespace

std::optional<replay::Mode> replay_mode(ReplayRule rule, const Provider& provider, const ProvenToken& token) {
  switch (rule) {
    case ReplayRule::enforce:
      return replay::Mode::enforce;
    case ReplayRule::observe:
      return replay::Mode::observe;
    case ReplayRule::off:
      return std::nullopt;
    case ReplayRule::automatic:
      break;
  }
  if (!provider.one_token_per_event) return std::nullopt;
  return token.claims().id ? replay::Mode::enforce : replay::Mode::observe;
}

Judged<replay::Use> replay_use(const ProvenToken& token, const Provider& provider,
                               const http::Headers& headers, const events::Batch& batch,
                               std::string_view body, const ReplayTerms& terms) {
  const auto text = http::read_bearer(headers);
  if (!text) return tl::unexpected(text.error());
  const auto key = replay::TokenKey::of_token(*text);
  if (!key) return tl::unexpected(key.error());
  const bool in_fields = batch.mode == events::Mode::binary;
  const auto mark = replay::BodyMark::of(terms.route, body, in_fields ? event_attributes(headers) : "");
  if (!mark) return tl::unexpected(mark.error());
  const policy::Claims& claims = token.claims();
  return replay::Use{
      .token = *key,
      .body = *mark,
      .mode = terms.mode,
      .forget_after = claims.expires_at.value() + provider.rules.clock_skew + terms.longest_way,
      .made_at = claims.issued_at ? claims.issued_at : claims.not_before,
      .lease = terms.lease};
}

}  // namespace callgate::gate
