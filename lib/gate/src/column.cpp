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

TokenStep judge_token(const http::Headers& headers, const Provider& provider, const jose::KeySet* keys,
                      base::WallTime now) {
  const auto text = http::read_bearer(headers);
  if (!text) return {{}, text.error()};

  const auto token = jose::CompactToken::parse(*text, provider.algorithms);
  if (!token) return {{}, token.error()};

  if (keys == nullptr) {
    return {token->kid(),
            Refusal{Reason::keys_unavailable, "the issuer's keys are not here yet; send again soon"}};
  }
  const jose::Key* key = keys->find(token->kid());
  if (key == nullptr) {
    return {token->kid(),
            NeedsKeys{{Reason::key_unknown, "the key that 'kid' names is not in the issuer's key set"}}};
  }

  const auto payload = jose::verify(*token, *key);
  if (!payload) return {token->kid(), payload.error()};

  auto claims = policy::read_claims(*payload);
  if (!claims) return {token->kid(), claims.error()};

  if (auto checked = policy::check(*claims, provider.rules, now); !checked)
    return {token->kid(), checked.error()};

  std::string audience = *policy::find_audience(*claims, provider.rules);
  return {token->kid(), ProvenToken(std::move(*claims), std::move(audience), token->kid())};
}

Judged<events::Batch> judge_body(const ProvenToken&, const http::Headers& headers, std::string_view body) {
  if (auto checked = events::check_content_type(headers); !checked) return tl::unexpected(checked.error());
  return events::read_batch(headers, body);
}

}  // namespace callgate::gate
