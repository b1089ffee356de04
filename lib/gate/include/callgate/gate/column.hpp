// SPDX-License-Identifier: Apache-2.0
#pragma once
// The verdict over one callback, as steps over values. Nothing here waits, fetches, stores or reads a clock;
// the caller brings keys and time, and asks again when it has got what a step needs. Any thread; shares
// nothing.

#include <callgate/base/clock.hpp>
#include <callgate/base/redacted.hpp>
#include <callgate/events/batch.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/jose/key_set.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/policy/claims.hpp>
#include <callgate/policy/preset.hpp>
#include <callgate/refusal/reason.hpp>
#include <optional>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace callgate::gate {

// What a sender may wrap its events in.
enum class Envelope {
  cloud_events,
  cloud_events_or_event_grid,  // which one is for the request to say: events::is_event_grid
};

// A sender as configured: where its tokens may come from and what they must say.
struct Provider {
  std::string name;
  jose::AlgorithmSet algorithms;
  policy::Rules rules;
  Envelope envelope = Envelope::cloud_events;
  bool one_token_per_event = false;  // so that a token that comes with two bodies is no accident
};

// What a callback's query must carry: "?name=value".
struct QuerySecret {
  std::string name;
  base::Redacted<std::string> value;
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
// key_unknown, or keys_unavailable where another sender's set is missing.
struct NeedsKeys {
  refusal::Refusal otherwise;
};

struct TokenStep {
  std::string unverified_kid;  // as the token says, for the log; empty until it could be read
  std::variant<ProvenToken, NeedsKeys, refusal::Refusal> outcome;
  // When the issuer says that it made the token. Only where the signature held, whatever came of the claims.
  std::optional<base::WallTime> issued_at = std::nullopt;
  // With several senders: the place of the one that admitted, or whose reason is given.
  std::size_t sender = 0;
};

// Bearer text, token, key, signature, claims, in this order. `keys` is null while none can be had: then a
// token that could be judged gets keys_unavailable, while one that is refused by its form alone is still
// refused.
TokenStep judge_token(const http::Headers& headers, const Provider& provider, const jose::KeySet* keys,
                      base::WallTime now);

// A provider and the keys that serve for it now; null: none can be had.
struct Sender {
  const Provider* provider;
  const jose::KeySet* keys;
};

// The same where several senders may call: those whose set holds the token's kid are judged in this order,
// the first admit wins, else the reason that got furthest is given. If no set holds it and one of them cannot
// be had, the answer is keys_unavailable. `senders` is not empty.
TokenStep judge_token(const http::Headers& headers, std::span<const Sender> senders, base::WallTime now);

// The same for several requests at once: their signatures are checked together. Same verdicts, same order.
std::vector<TokenStep> judge_tokens(std::span<const http::Headers* const> requests, const Provider& provider,
                                    const jose::KeySet* keys, base::WallTime now);

// Content type, the body's digest where the sender's tokens hold one, and the events in an envelope that the
// sender may use. Demands the proof that the token held: nothing unproven reaches the parser of events. Ask
// judge_handshake (handshake.hpp) first.
refusal::Judged<events::Batch> judge_body(const ProvenToken& token, const Provider& provider,
                                          const http::Headers& headers, std::string_view body);

// A secret in the query, where a sender makes no tokens. Only judge_query_secret makes one.
class ProvenSecret {
 private:
  friend refusal::Judged<ProvenSecret> judge_query_secret(std::string_view query, const QuerySecret& secret);
  ProvenSecret() = default;
};

// Exactly one parameter of that name, percent-decoded, equal to the secret; compared in constant time.
// Refuses with query_secret_wrong. An empty secret admits nothing.
refusal::Judged<ProvenSecret> judge_query_secret(std::string_view query, const QuerySecret& secret);

// The events of a callback that a query secret proves. By default in either envelope: Event Grid without
// Entra sends no token.
refusal::Judged<events::Batch> judge_body(const ProvenSecret& proof, const http::Headers& headers,
                                          std::string_view body,
                                          Envelope envelope = Envelope::cloud_events_or_event_grid);

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

// The Event Grid preset: the tenant of the webhook's application, and that application's client ID or ID URI.
Provider event_grid(const std::string& tenant, std::vector<std::string> audiences);

}  // namespace callgate::gate
