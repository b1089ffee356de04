// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/events/event_grid.hpp>
#include <callgate/gate/explain.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/jose/compact_token.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/policy/check.hpp>

#include "cause.hpp"

namespace callgate::gate {
namespace {

using refusal::Reason;
using Result = Check::Result;

std::string_view without_scheme(std::string_view text) {
  constexpr std::string_view kScheme = "Bearer ";
  constexpr std::string_view kSpace = " \t\r\n";
  const auto strip = [&](std::string_view t) {
    const std::size_t first = t.find_first_not_of(kSpace);
    if (first == std::string_view::npos) return std::string_view();
    return t.substr(first, t.find_last_not_of(kSpace) - first + 1);
  };
  text = strip(text);
  if (text.size() >= kScheme.size() && http::equals_ignoring_case(text.substr(0, kScheme.size()), kScheme)) {
    text = strip(text.substr(kScheme.size()));
  }
  return text;
}

// The rows that CompactToken::parse stands for, in its order.
struct FormRow {
  const char* name;
  const char* expected;
};
constexpr std::array<FormRow, 4> kFormRows{
    {{"form", "three segments of base64url, JSON header with alg and kid"},
     {"type", "typ absent or JWT"},
     {"algorithm", ""},
     {"extensions", "no crit, no b64"}}};

std::size_t form_row_of(Reason reason) {
  switch (reason) {
    case Reason::token_type_unexpected:
      return 1;
    case Reason::algorithm_not_allowed:
      return 2;
    case Reason::critical_header_unsupported:
      return 3;
    default:
      return 0;
  }
}

class Explanation {
 public:
  Explanation(std::string_view token, const Provider& provider, const jose::KeySet* keys, base::WallTime now)
      : token_(token), provider_(provider), keys_(keys), now_(now) {}

  void explain_form() {
    auto parsed = jose::CompactToken::parse(token_, provider_.algorithms);
    const std::size_t failed = parsed ? kFormRows.size() : form_row_of(parsed.error().reason);
    for (std::size_t i = 0; i < kFormRows.size(); ++i) {
      Check check{.name = kFormRows[i].name,
                  .reason = {},
                  .expected = kFormRows[i].expected,
                  .found = {},
                  .margin_seconds = {}};
      if (i == 2) check.expected = provider_.algorithms.text();
      check.result = i < failed ? Result::pass : i == failed ? Result::fail : Result::not_checked;
      if (i == failed) {
        check.reason = parsed.error().reason;
        check.found = parsed.error().detail;
      }
      if (i < failed) check.found = i == 2 && parsed ? jose::to_text(parsed->algorithm()) : "as expected";
      add(std::move(check));
    }
    if (parsed) compact_ = std::move(*parsed);
  }

  void explain_signature() {
    const jose::Key* key = compact_ && keys_ != nullptr ? keys_->find(compact_->kid()) : nullptr;
    Check known{.name = "key",
                .reason = {},
                .expected = "a key of the issuer's set",
                .found = {},
                .margin_seconds = {}};
    Check signature{
        .name = "signature", .reason = {}, .expected = "made by that key", .found = {}, .margin_seconds = {}};
    if (compact_ && keys_ == nullptr) {
      fail(known, Reason::keys_unavailable, "no keys at hand");
    } else if (compact_ && key == nullptr) {
      fail(known, Reason::key_unknown, "kid " + shown(compact_->kid()) + " is not among " + known_kids());
    } else if (key != nullptr) {
      known.result = Result::pass;
      known.found = "kid " + shown(key->kid()) + ", " + std::string(jose::to_text(key->type())) + " " +
                    std::to_string(key->bits()) + " bits";
      payload_ = jose::verify(*compact_, *key);
      if (*payload_) {
        signature.result = Result::pass;
        signature.found = "holds";
      } else {
        fail(signature, payload_->error().reason, payload_->error().detail);
      }
    }
    add(std::move(known));
    add(std::move(signature));
  }

  void explain_claims() {
    report_.claims_are_verified = payload_ && *payload_;
    const std::vector<std::string> further = provider_.rules.further_claims();
    const auto claims =
        report_.claims_are_verified
            ? policy::read_claims(**payload_, further)
            : policy::read_unverified_claims(jose::TokenInspection::of(token_).unverified_payload(), further);
    Check readable{.name = "claims",
                   .reason = {},
                   .expected = "a strict JSON object of known types",
                   .found = {},
                   .margin_seconds = {}};
    readable.result = Result::pass;
    readable.found = report_.claims_are_verified ? "read" : "read, but nobody vouches for them";
    if (!claims) fail(readable, claims.error().reason, claims.error().detail);
    add(std::move(readable));
    if (claims) claims_ = *claims;
    for (policy::Finding& finding :
         policy::examine(claims_.value_or(policy::Claims{}), provider_.rules, now_)) {
      Check check{.name = std::string(finding.name),
                  .reason = {},
                  .expected = std::move(finding.expected),
                  .found = {},
                  .margin_seconds = {}};
      if (claims_) {
        check.result = finding.holds ? Result::pass : Result::fail;
        if (!finding.holds) check.reason = finding.reason;
        check.found = shown(finding.found);
        check.margin_seconds = finding.margin_seconds;
      }
      add(std::move(check));
    }
  }

  void explain_body_digest(std::string_view body) {
    if (provider_.rules.body_digest.empty()) return;
    Check check{.name = "body digest",
                .reason = {},
                .expected = "claim " + provider_.rules.body_digest + " is the body's SHA-256",
                .found = {},
                .margin_seconds = {}};
    const auto checked = policy::check_body(claims_.value_or(policy::Claims{}), provider_.rules, body);
    check.result = checked ? Result::pass : Result::fail;
    check.found = checked ? "it is" : checked.error().detail;
    if (!checked) check.reason = checked.error().reason;
    add(std::move(check));
  }

  // A saved body has no fields that name its envelope: either will do where the sender may use both.
  void explain_body(std::string_view body) {
    const bool either = provider_.envelope == Envelope::cloud_events_or_event_grid;
    Check check{.name = "body",
                .reason = {},
                .expected = either ? "a CloudEvent, a batch of them, or an array of Event Grid events"
                                   : "a CloudEvent or a batch of them",
                .found = {},
                .margin_seconds = {}};
    auto batch = events::read_batch({}, body);
    if (!batch && either) {
      if (auto other = events::read_event_grid(body)) batch = std::move(other);
    }
    if (batch) {
      check.result = Result::pass;
      check.found = std::to_string(batch->events.size()) + (batch->events.size() == 1 ? " event" : " events");
    } else {
      fail(check, batch.error().reason, batch.error().detail);
    }
    add(std::move(check));
  }

  Report finish() {
    if (!report_.reason) {
      report_.decision = Decision::admit;
      return std::move(report_);
    }
    report_.decision = decision_of(*report_.reason);
    Cause cause = find_cause({*report_.reason, token_, claims_ ? &*claims_ : nullptr, provider_, now_});
    report_.likely_cause = std::move(cause.likely);
    report_.what_to_do = std::move(cause.remedy);
    return std::move(report_);
  }

 private:
  // What a stranger wrote, made harmless and short enough for a line of a terminal.
  static std::string shown(std::string_view text) {
    constexpr std::size_t kMost = 100;
    std::string out;
    for (const char c : text.substr(0, kMost))
      out += static_cast<unsigned char>(c) < 0x20 || c == 0x7F ? '?' : c;
    return text.size() > kMost ? out + "..." : out;
  }

  std::string known_kids() const {
    std::string out;
    for (const jose::Key& key : keys_->keys()) out += (out.empty() ? "" : ", ") + shown(key.kid());
    return out.empty() ? "no keys" : out;
  }

  static void fail(Check& check, Reason reason, std::string found) {
    check.result = Result::fail;
    check.reason = reason;
    check.found = std::move(found);
  }

  void add(Check check) {
    if (check.result == Result::fail && !report_.reason) report_.reason = check.reason;
    report_.checks.push_back(std::move(check));
  }

  std::string_view token_;
  const Provider& provider_;
  const jose::KeySet* keys_;
  base::WallTime now_;
  std::optional<jose::CompactToken> compact_;
  std::optional<refusal::Judged<jose::VerifiedPayload>> payload_;
  std::optional<policy::Claims> claims_;
  Report report_;
};

}  // namespace

Report explain(std::string_view text, const Provider& provider, const jose::KeySet* keys, base::WallTime now,
               std::optional<std::string_view> body) {
  Explanation explanation(without_scheme(text), provider, keys, now);
  explanation.explain_form();
  explanation.explain_signature();
  explanation.explain_claims();
  if (body) {
    explanation.explain_body_digest(*body);
    explanation.explain_body(*body);
  }
  return explanation.finish();
}

}  // namespace callgate::gate
