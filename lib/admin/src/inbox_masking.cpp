// SPDX-License-Identifier: Apache-2.0
#include "inbox_masking.hpp"

#include <algorithm>
#include <array>
#include <callgate/events/phone_mask.hpp>
#include <callgate/json/document.hpp>
#include <callgate/policy/check.hpp>
#include <set>
#include <string>

namespace callgate::admin {
namespace {

using events::mask_phone_numbers;

constexpr std::string_view kMasked = "...";
constexpr std::array<std::string_view, 6> kShownClaims{"iss", "aud", "exp", "nbf", "iat", "jti"};

bool is_shown(std::string_view claim, const json::Value& value) {
  if (claim == "sub") return policy::is_guid(value.as_string().value_or(""));
  return std::find(kShownClaims.begin(), kShownClaims.end(), claim) != kShownClaims.end();
}

// Texts without phone numbers, numbers as they were written; of anything with parts only that it is there.
void write_scalar(json::Writer& out, const json::Value& value, std::string_view document) {
  if (const auto text = value.as_string()) {
    out.string(mask_phone_numbers(*text));
  } else if (value.is_object() || value.is_array()) {
    out.string(kMasked);
  } else {
    out.raw(document.substr(value.begin_offset(), value.end_offset() - value.begin_offset()));
  }
}

void write_claim(json::Writer& out, const json::Value& value, std::string_view document) {
  if (!value.is_array()) return write_scalar(out, value, document);
  out.begin_array();
  for (const json::Value& element : value.elements()) write_scalar(out, element, document);
  out.end_array();
}

}  // namespace

delivery::Stored masked(delivery::Stored stored) {
  for (std::string* text :
       {&stored.passage.route, &stored.passage.target, &stored.event.call, &stored.event.id,
        &stored.event.type, &stored.verdict.provider, &stored.verdict.issuer, &stored.verdict.audience,
        &stored.verdict.key_id, &stored.note})
    *text = mask_phone_numbers(*text);
  std::string& subject = stored.verdict.subject;
  if (!subject.empty() && !policy::is_guid(subject)) subject = kMasked;
  return stored;
}

void write_masked_claims(json::Writer& out, std::string_view claims) {
  const auto document = json::parse(claims, json::Strictness::grammar);
  if (!document || !document->root().is_object()) {
    out.string(kMasked);
    return;
  }
  std::set<std::string> names;  // two may be the same once they are masked
  out.begin_object();
  for (const auto& member : document->root().members()) {
    const auto [name, is_new] = names.insert(mask_phone_numbers(member.name));
    if (!is_new) continue;
    out.name(*name);
    if (is_shown(member.name, member.value)) {
      write_claim(out, member.value, claims);
    } else {
      out.string(kMasked);
    }
  }
  out.end_object();
}

}  // namespace callgate::admin
