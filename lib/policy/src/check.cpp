// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/base/time_text.hpp>
#include <callgate/digest/sha2.hpp>
#include <callgate/policy/check.hpp>

namespace callgate::policy {
namespace {

using base::WallTime;
using refusal::Judged;
using refusal::Reason;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

std::string seconds_text(std::chrono::microseconds span) {
  return std::to_string(std::chrono::floor<std::chrono::seconds>(span).count()) + " s";
}

double seconds_of(std::chrono::microseconds span) {
  return std::chrono::duration<double>(span).count();
}

std::string time_text(const std::optional<WallTime>& time) {
  return time ? base::format_rfc3339(*time, 0) : "absent";
}

std::string shown(const std::optional<std::string>& text) {
  if (!text) return "absent";
  return text->empty() ? "an empty string" : *text;
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "absent" : out;
}

// What the lifetime is counted from: the token's own word where there is one.
WallTime born(const Claims& claims, WallTime now) {
  return claims.issued_at.value_or(claims.not_before.value_or(now));
}

std::chrono::microseconds lifetime(const Claims& claims, WallTime now) {
  return *claims.expires_at - born(claims, now);
}

bool is_our_issuer(const Claims& claims, const Rules& rules) {
  if (!claims.issuer || claims.issuer->empty()) return false;  // rules that name no issuer let nobody in
  return *claims.issuer == rules.issuer || std::find(rules.more_issuers.begin(), rules.more_issuers.end(),
                                                     *claims.issuer) != rules.more_issuers.end();
}

const Claims::Further* find_first(const Claims& claims, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (const Claims::Further* claim = claims.find(name)) return claim;
  }
  return nullptr;
}

// The first required claim that the token does not have as it must; null if there is none.
const RequiredClaim* find_missing(const Claims& claims, const Rules& rules) {
  for (const RequiredClaim& required : rules.required) {
    const Claims::Further* claim = find_first(claims, required.names);
    const bool holds =
        claim != nullptr &&
        std::any_of(claim->values.begin(), claim->values.end(), [&](const std::string& value) {
          return std::find(required.any_of.begin(), required.any_of.end(), value) != required.any_of.end();
        });
    if (!holds) return &required;
  }
  return nullptr;
}

struct Text {
  std::string expected;
  std::string found;
  std::optional<double> margin;
};

struct Check {
  std::string_view name;
  Reason reason;
  std::string_view
      rule;  // what a refused sender is told: a constant, which neither costs nor reveals anything
  bool (*holds)(const Claims&, const Rules&, WallTime);
  Text (*describe)(const Claims&, const Rules&, WallTime);
};

// The order is the order of refusal.
constexpr std::array<Check, 9> kChecks{{
    {"issuer", Reason::issuer_mismatch, "'iss' must be the configured issuer",
     [](const Claims& c, const Rules& r, WallTime) { return is_our_issuer(c, r); },
     [](const Claims& c, const Rules& r, WallTime) -> Text {
       return {r.issuer, shown(c.issuer), {}};
     }},

    {"audience", Reason::audience_mismatch, "'aud' must hold a configured audience",
     [](const Claims& c, const Rules& r, WallTime) { return find_audience(c, r) != nullptr; },
     [](const Claims& c, const Rules& r, WallTime) -> Text {
       return {joined(r.audiences), joined(c.audiences), {}};
     }},

    {"expiry given", Reason::expiry_missing, "'exp' must be there",
     [](const Claims& c, const Rules&, WallTime) { return c.expires_at.has_value(); },
     [](const Claims& c, const Rules&, WallTime) -> Text {
       return {"a time", time_text(c.expires_at), {}};
     }},

    {"expiry", Reason::token_expired, "'exp' and the permitted skew have passed",
     [](const Claims& c, const Rules& r, WallTime now) {
       return c.expires_at && now < *c.expires_at + r.clock_skew;
     },
     [](const Claims& c, const Rules& r, WallTime now) -> Text {
       if (!c.expires_at) return {"a time", "absent", {}};
       return {"after " + base::format_rfc3339(now - r.clock_skew, 0) + " (now less skew)",
               time_text(c.expires_at), seconds_of(*c.expires_at + r.clock_skew - now)};
     }},

    {"not before", Reason::token_not_yet_valid, "'nbf' is further in the future than the permitted skew",
     [](const Claims& c, const Rules& r, WallTime now) {
       return !c.not_before || *c.not_before <= now + r.clock_skew;
     },
     [](const Claims& c, const Rules& r, WallTime now) -> Text {
       if (!c.not_before) return {"a time, if given", "absent", {}};
       return {"up to " + base::format_rfc3339(now + r.clock_skew, 0) + " (now and skew)",
               time_text(c.not_before), seconds_of(now + r.clock_skew - *c.not_before)};
     }},

    {"issued at", Reason::issued_in_future, "'iat' is further in the future than the permitted skew",
     [](const Claims& c, const Rules& r, WallTime now) {
       return !c.issued_at || *c.issued_at <= now + r.clock_skew;
     },
     [](const Claims& c, const Rules& r, WallTime now) -> Text {
       if (!c.issued_at) return {"a time, if given", "absent", {}};
       return {"up to " + base::format_rfc3339(now + r.clock_skew, 0) + " (now and skew)",
               time_text(c.issued_at), seconds_of(now + r.clock_skew - *c.issued_at)};
     }},

    {"lifetime", Reason::lifetime_too_long, "the token lives longer than this sender's tokens do",
     [](const Claims& c, const Rules& r, WallTime now) {
       return c.expires_at && lifetime(c, now) <= r.max_lifetime + r.clock_skew;
     },
     [](const Claims& c, const Rules& r, WallTime now) -> Text {
       const std::string expected =
           "at most " + seconds_text(r.max_lifetime + r.clock_skew) + " (skew included)";
       if (!c.expires_at) return {expected, "endless", {}};
       return {expected, seconds_text(lifetime(c, now)),
               seconds_of(r.max_lifetime + r.clock_skew - lifetime(c, now))};
     }},

    {"issued at given", Reason::claim_mismatch, "'iat' must be there",
     [](const Claims& c, const Rules& r, WallTime) {
       return !r.require_issued_at || c.issued_at.has_value();
     },
     [](const Claims& c, const Rules& r, WallTime) -> Text {
       return {r.require_issued_at ? "a time" : "a time, if given", time_text(c.issued_at), {}};
     }},
    {"required claims", Reason::claim_mismatch,
     "a claim that this sender's tokens must have is missing or different",
     [](const Claims& c, const Rules& r, WallTime) { return find_missing(c, r) == nullptr; },
     [](const Claims& c, const Rules& r, WallTime) -> Text {
       const RequiredClaim* missing = find_missing(c, r);
       if (missing == nullptr)
         return {r.required.empty() ? "none" : "all", r.required.empty() ? "none" : "all", {}};
       const Claims::Further* claim = find_first(c, missing->names);
       return {missing->names.front() + " with " + joined(missing->any_of),
               claim ? joined(claim->values) : "absent",
               {}};
     }},
}};

}  // namespace

bool is_guid(std::string_view text) {
  if (text.size() != 36) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = lower(text[i]);
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const bool hex = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    if (dash ? c != '-' : !hex) return false;
  }
  return true;
}

bool same_audience(std::string_view a, std::string_view b) {
  if (a == b) return true;
  if (!is_guid(a) || !is_guid(b)) return false;
  return std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

const std::string* find_audience(const Claims& claims, const Rules& rules) {
  for (const std::string& found : claims.audiences) {
    for (const std::string& wanted : rules.audiences) {
      if (same_audience(found, wanted)) return &found;
    }
  }
  return nullptr;
}

Judged<void> check(const Claims& claims, const Rules& rules, WallTime now) {
  for (const Check& check : kChecks) {
    if (!check.holds(claims, rules, now)) return refusal::refuse(check.reason, std::string(check.rule));
  }
  return {};
}

std::vector<std::string> Rules::further_claims() const {
  std::vector<std::string> names;
  for (const RequiredClaim& claim : required)
    names.insert(names.end(), claim.names.begin(), claim.names.end());
  if (!body_digest.empty()) names.push_back(body_digest);
  return names;
}

Judged<void> check_body(const Claims& claims, const Rules& rules, std::string_view body) {
  if (rules.body_digest.empty()) return {};
  const Claims::Further* claim = claims.find(rules.body_digest);
  constexpr std::size_t kDigits = 64;
  const std::string digest = digest::to_hex(digest::hash(digest::Sha2::sha256, body).view());
  // The length of the claim's word is asked for, so that an empty word never equals a hash that failed.
  const bool holds =
      claim != nullptr && claim->values.size() == 1 && claim->values[0].size() == kDigits &&
      std::equal(digest.begin(), digest.end(), claim->values[0].begin(), claim->values[0].end(),
                 [](char ours, char theirs) { return ours == lower(theirs); });
  if (holds) return {};
  return refusal::refuse(Reason::claim_mismatch,
                         "claim '" + rules.body_digest + "' is not the SHA-256 of the body that came");
}

std::vector<Finding> examine(const Claims& claims, const Rules& rules, WallTime now) {
  std::vector<Finding> findings;
  findings.reserve(kChecks.size());
  for (const Check& check : kChecks) {
    Text text = check.describe(claims, rules, now);
    findings.push_back({check.name, check.reason, check.holds(claims, rules, now), std::move(text.expected),
                        std::move(text.found), text.margin});
  }
  return findings;
}

}  // namespace callgate::policy
