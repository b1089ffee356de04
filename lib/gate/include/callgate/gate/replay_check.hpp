// SPDX-License-Identifier: Apache-2.0
#pragma once
// The last step of the column: which use of a token a callback is, for whoever holds the record of uses
// (replay/store.hpp). Asked only where the token, its claims and the body held. Pure; any thread.

#include <callgate/gate/column.hpp>
#include <callgate/replay/guard.hpp>
#include <chrono>
#include <optional>
#include <string_view>

namespace callgate::gate {

// What a route wants of tokens that come again.
enum class ReplayRule {
  automatic,  // enforce where the sender makes one token for each event and gave this one a jti; observe
              // where it gave none (two events of one second may then carry the same token); else off
  enforce,    // another body under a used token is refused
  observe,    // it is let through and told, up to replay::kObservedBodiesMax bodies
  off,        // no record
};

// Nothing: no record is kept of this token.
std::optional<replay::Mode> replay_mode(ReplayRule rule, const Provider& provider, const ProvenToken& token);

struct ReplayTerms {
  replay::Mode mode = replay::Mode::enforce;
  std::string_view route;                   // as configured: another route counts as another body
  std::chrono::milliseconds lease{};        // until a retry may take the place of a try that says nothing
  std::chrono::milliseconds longest_way{};  // from the judgement of the token to the claim of its use
};

// `headers` and `body` are those that `token` and `batch` were read from. Refuses with
// replay_store_unavailable if no digest can be made.
refusal::Judged<replay::Use> replay_use(const ProvenToken& token, const Provider& provider,
                                        const http::Headers& headers, const events::Batch& batch,
                                        std::string_view body, const ReplayTerms& terms);

}  // namespace callgate::gate
