// SPDX-License-Identifier: Apache-2.0
#include <callgate/gate/column.hpp>
#include <callgate/http/bearer.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/policy/check.hpp>

namespace callgate::gate {

using refusal::Judged;
using refusal::Reason;
using refusal::Refusal;

std::string_view to_text(Decision decision) {
  switch (decision) {
    case Decision::admit:
      return "admit";
    case Decision::refuse:
      return "refuse";
    case Decision::retry_later:
      return "retry_later";
  }
  return "";
}

Decision decision_of(Reason reason) {
  switch (reason) {
    case Reason::keys_unavailable:
    case Reason::replay_store_unavailable:
    case Reason::inbox_unavailable:
    case Reason::overloaded:
    case Reason::draining:
    case Reason::upstream_unreachable:
    case Reason::upstream_timeout:
      return Decision::retry_later;
    default:
      return Decision::refuse;
  }
}

namespace {

// A token whose form holds and the key that it names: all that the signature check needs.
struct Candidate {
  jose::CompactToken token;
  const jose::Key* key;
};

// Bearer text, token, key. What is refused here costs no signature check.
std::variant<Candidate, TokenStep> find_candidate(const http::Headers& headers, const Provider& provider,
                                                  const jose::KeySet* keys) {
  const auto text = http::read_bearer(headers);
  if (!text) return TokenStep{{}, text.error()};
  auto token = jose::CompactToken::parse(*text, provider.algorithms);
  if (!token) return TokenStep{{}, token.error()};
  if (keys == nullptr) {
    return TokenStep{token->kid(), Refusal{Reason::keys_unavailable,
                                           "the issuer's keys are not here yet; send again soon"}};
  }
  const jose::Key* key = keys->find(token->kid());
  if (key == nullptr) {
    return TokenStep{token->kid(), NeedsKeys{{Reason::key_unknown,
                                              "the key that 'kid' names is not in the issuer's key set"}}};
  }
  return Candidate{std::move(*token), key};
}

}  // namespace

// Claims, once the signature has been checked.
TokenStep judge_payload(const jose::CompactToken& token, const Judged<jose::VerifiedPayload>& payload,
                        const Provider& provider, base::WallTime now) {
  if (!payload) return {token.kid(), payload.error()};
  auto claims = policy::read_claims(*payload, provider.rules.further_claims());
  if (!claims) return {token.kid(), claims.error()};
  const std::optional<base::WallTime> issued_at = claims->issued_at;
  if (auto checked = policy::check(*claims, provider.rules, now); !checked)
    return {token.kid(), checked.error(), issued_at};
  std::string audience = *policy::find_audience(*claims, provider.rules);
  return {token.kid(), ProvenToken(std::move(*claims), std::move(audience), token.kid()), issued_at};
}

TokenStep judge_token(const http::Headers& headers, const Provider& provider, const jose::KeySet* keys,
                      base::WallTime now) {
  auto found = find_candidate(headers, provider, keys);
  if (auto* step = std::get_if<TokenStep>(&found)) return std::move(*step);
  const auto& candidate = std::get<Candidate>(found);
  return judge_payload(candidate.token, jose::verify(candidate.token, *candidate.key), provider, now);
}

namespace {

// How far a token got: the later stages say more about it. Within a stage the reasons stand in the order of
// the checks.
std::pair<int, Reason> progress(const TokenStep& step, bool key_found) {
  const auto* refused = std::get_if<Refusal>(&step.outcome);
  if (refused == nullptr) return {2, Reason::key_unknown};
  if (key_found) return {3, refused->reason};
  return {refused->reason == Reason::keys_unavailable ? 1 : 0, refused->reason};
}

}  // namespace

TokenStep judge_token(const http::Headers& headers, std::span<const Sender> senders, base::WallTime now) {
  std::optional<TokenStep> furthest;
  std::optional<Refusal> unavailable;  // of a sender whose set is missing
  std::pair<int, Reason> most{};
  for (std::size_t place = 0; place < senders.size(); ++place) {
    const Sender& sender = senders[place];
    auto found = find_candidate(headers, *sender.provider, sender.keys);
    const auto* candidate = std::get_if<Candidate>(&found);
    TokenStep step = candidate != nullptr
                         ? judge_payload(candidate->token, jose::verify(candidate->token, *candidate->key),
                                         *sender.provider, now)
                         : std::get<TokenStep>(std::move(found));
    step.sender = place;
    if (std::holds_alternative<ProvenToken>(step.outcome)) return step;
    const auto* refused = std::get_if<Refusal>(&step.outcome);
    if (refused != nullptr && refused->reason == Reason::keys_unavailable) unavailable = *refused;
    const auto reached = progress(step, candidate != nullptr);
    if (furthest && reached <= most) continue;
    furthest = std::move(step);
    most = reached;
  }
  // A set that is missing may hold the key as well: the token was not judged.
  auto* needs = std::get_if<NeedsKeys>(&furthest->outcome);
  if (needs != nullptr && unavailable) needs->otherwise = std::move(*unavailable);
  return std::move(*furthest);
}

std::vector<TokenStep> judge_tokens(std::span<const http::Headers* const> requests, const Provider& provider,
                                    const jose::KeySet* keys, base::WallTime now) {
  std::vector<std::variant<Candidate, TokenStep>> found;
  found.reserve(requests.size());
  std::vector<jose::Task> tasks;
  for (const http::Headers* headers : requests) found.push_back(find_candidate(*headers, provider, keys));
  for (const auto& one : found) {
    if (const auto* candidate = std::get_if<Candidate>(&one))
      tasks.push_back({&candidate->token, candidate->key});
  }
  const auto payloads = jose::verify_all(tasks);
  std::vector<TokenStep> steps;
  steps.reserve(found.size());
  auto payload = payloads.begin();
  for (auto& one : found) {
    if (auto* step = std::get_if<TokenStep>(&one))
      steps.push_back(std::move(*step));
    else
      steps.push_back(judge_payload(std::get<Candidate>(one).token, *payload++, provider, now));
  }
  return steps;
}

Judged<Admitted> judge(const http::Headers& headers, std::string_view body, const Provider& provider,
                       const jose::KeySet* keys, base::WallTime now) {
  TokenStep step = judge_token(headers, provider, keys, now);
  if (auto* refused = std::get_if<Refusal>(&step.outcome)) return tl::unexpected(std::move(*refused));
  if (auto* needs = std::get_if<NeedsKeys>(&step.outcome)) return tl::unexpected(std::move(needs->otherwise));
  auto& token = std::get<ProvenToken>(step.outcome);
  auto batch = judge_body(token, provider, headers, body);
  if (!batch) return tl::unexpected(batch.error());
  return Admitted{std::move(token), std::move(*batch)};
}

namespace {

Provider provider_of(policy::Preset preset, const char* name, std::vector<std::string> audiences,
                     Envelope envelope) {
  preset.rules.audiences = std::move(audiences);
  return {.name = name,
          .algorithms = preset.algorithms,
          .rules = std::move(preset.rules),
          .envelope = envelope,
          .one_token_per_event = preset.one_token_per_event};
}

}  // namespace

Provider call_automation(std::vector<std::string> audiences) {
  return provider_of(policy::call_automation(), "acs", std::move(audiences), Envelope::cloud_events);
}

Provider event_grid(const std::string& tenant, std::vector<std::string> audiences) {
  return provider_of(policy::event_grid(tenant), "event-grid", std::move(audiences),
                     Envelope::cloud_events_or_event_grid);
}

}  // namespace callgate::gate
