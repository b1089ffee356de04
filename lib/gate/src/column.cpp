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
  if (auto checked = policy::check(*claims, provider.rules, now); !checked)
    return {token.kid(), checked.error()};
  std::string audience = *policy::find_audience(*claims, provider.rules);
  return {token.kid(), ProvenToken(std::move(*claims), std::move(audience), token.kid())};
}

TokenStep judge_token(const http::Headers& headers, const Provider& provider, const jose::KeySet* keys,
                      base::WallTime now) {
  auto found = find_candidate(headers, provider, keys);
  if (auto* step = std::get_if<TokenStep>(&found)) return std::move(*step);
  const auto& candidate = std::get<Candidate>(found);
  return judge_payload(candidate.token, jose::verify(candidate.token, *candidate.key), provider, now);
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

Provider call_automation(std::vector<std::string> audiences) {
  policy::Preset preset = policy::call_automation();
  Provider provider{.name = "acs", .algorithms = preset.algorithms, .rules = std::move(preset.rules)};
  provider.rules.audiences = std::move(audiences);
  return provider;
}

Judged<events::Batch> judge_body(const ProvenToken& token, const Provider& provider,
                                 const http::Headers& headers, std::string_view body) {
  if (auto checked = events::check_content_type(headers); !checked) return tl::unexpected(checked.error());
  if (auto checked = policy::check_body(token.claims(), provider.rules, body); !checked) {
    return tl::unexpected(checked.error());
  }
  return events::read_batch(headers, body);
}

}  // namespace callgate::gate
