// SPDX-License-Identifier: Apache-2.0
#pragma once
// The verdict over one callback, as steps over values. Nothing here waits, fetches, stores or reads a clock;
// the caller brings keys and time, and asks again when it has got what a step needs. Any thread; shares
// nothing.

#include <callgate/base/clock.hpp>
#include <callgate/events/batch.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/jose/key_set.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/policy/claims.hpp>
#include <callgate/policy/preset.hpp>
#include <callgate/refusal/reason.hpp>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace callgate::gate {

// A sender as configured: where its tokens may come from and what they must say.
struct Provider {
  std::string name;
  jose::AlgorithmSet algorithms;
  policy::Rules rules;
};

enum class Decision {
  admit,
  refuse,       // judged, and not genuine
  retry_later,  // our keys, stores or capacity are missing: the sender should try again
};

std::string_view to_text(Decision decision);
Decision decision_of(refusal::Reason reason);

struct TokenStep;

// A token that passed every check. Only judge_token makes one.
class ProvenToken {
 public:
  const policy::Claims& claims() const { return claims_; }
  // The one of the token's audiences that is ours.
  const std::string& audience() const { return audience_; }
  const std::string& kid() const { return kid_; }

 private:
  friend TokenStep judge_payload(const jose::CompactToken&, const refusal::Judged<jose::VerifiedPayload>&,
                                 const Provider&, base::WallTime);
  ProvenToken(policy::Claims claims, std::string audience, std::string kid)
      : claims_(std::move(claims)), audience_(std::move(audience)), kid_(std::move(kid)) {}
  policy::Claims claims_;
  std::string audience_;
  std::string kid_;
};

// The key that the token names is not in the set: a refresh may bring it. Without one the answer is
// key_unknown.
struct NeedsKeys {
  refusal::Refusal otherwise;
};

struct TokenStep {
  std::string unverified_kid;  // as the token says, for the log; empty until it could be read
  std::variant<ProvenToken, NeedsKeys, refusal::Refusal> outcome;
};

// Bearer text, token, key, signature, claims, in this order. `keys` is null while none can be had: then a
// token that could be judged gets keys_unavailable, while one that is refused by its form alone is still
// refused.
TokenStep judge_token(const http::Headers& headers, const Provider& provider, const jose::KeySet* keys,
                      base::WallTime now);

// The same for several requests at once: their signatures are checked together. Same verdicts, same order.
std::vector<TokenStep> judge_tokens(std::span<const http::Headers* const> requests, const Provider& provider,
                                    const jose::KeySet* keys, base::WallTime now);

// Content type, the body's digest where the sender's tokens hold one, and the events. Demands the proof that
// the token held: nothing unproven reaches the parser of events.
refusal::Judged<events::Batch> judge_body(const ProvenToken& token, const Provider& provider,
                                          const http::Headers& headers, std::string_view body);

// An admitted callback: what proved it, and what it says.
struct Admitted {
  ProvenToken token;
  events::Batch batch;
};

// The whole column in one call, for programs that hold head and body. An unknown kid is refused as
// key_unknown: tell whoever keeps the keys (keys_http::LiveKeys::report_unknown_kid), and the sender's next
// try will find it.
refusal::Judged<Admitted> judge(const http::Headers& headers, std::string_view body, const Provider& provider,
                                const jose::KeySet* keys, base::WallTime now);

// The Call Automation preset for these audiences (immutable resource IDs).
Provider call_automation(std::vector<std::string> audiences);

}  // namespace callgate::gate
