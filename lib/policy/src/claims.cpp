// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/json/document.hpp>
#include <callgate/policy/claims.hpp>
#include <cmath>

namespace callgate::policy {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

auto malformed(std::string_view name, const char* what) {
  return refuse(Reason::claims_malformed, "claim '" + std::string(name) + "' " + what);
}

Judged<std::optional<std::string>> read_string(const json::Value& claims, std::string_view name) {
  const auto member = claims.find(name);
  if (!member) return std::optional<std::string>{};
  const auto text = member->as_string();
  if (!text) return malformed(name, "is not a string");
  return std::optional<std::string>(*text);
}

Judged<std::optional<base::WallTime>> read_time(const json::Value& claims, std::string_view name) {
  constexpr double kYear10000 = 253402300800.0;
  const auto member = claims.find(name);
  if (!member) return std::optional<base::WallTime>{};
  if (member->kind() != json::Kind::number) return malformed(name, "is not a number");
  const auto seconds = member->as_number();
  if (!seconds || *seconds < 0 || *seconds >= kYear10000)
    return malformed(name, "is not a time between 1970 and 9999");
  return std::optional(base::WallTime{std::chrono::microseconds{std::llround(*seconds * 1e6)}});
}

// A string, or an array of strings; empty if absent.
Judged<std::vector<std::string>> read_strings(const json::Value& claims, std::string_view name) {
  std::vector<std::string> out;
  const auto member = claims.find(name);
  if (!member) return out;
  if (const auto text = member->as_string()) {
    out.emplace_back(*text);
    return out;
  }
  if (!member->is_array()) return malformed(name, "is neither a string nor an array");
  for (const json::Value& element : member->elements()) {
    const auto text = element.as_string();
    if (!text) return malformed(name, "holds something that is not a string");
    out.emplace_back(*text);
  }
  return out;
}

Judged<Claims> read(std::string_view text, std::span<const std::string> further) {
  const auto document = json::parse(text);
  if (!document)
    return refuse(Reason::claims_malformed, "the claims are not strict JSON: " + document.error().what);
  const json::Value root = document->root();
  if (!root.is_object()) return refuse(Reason::claims_malformed, "the claims are not a JSON object");
  Claims claims;
  auto audiences = read_strings(root, "aud");
  if (!audiences) return tl::unexpected(audiences.error());
  claims.audiences = std::move(*audiences);
  for (auto [name, target] :
       {std::pair{"iss", &Claims::issuer}, {"jti", &Claims::id}, {"sub", &Claims::subject}}) {
    auto value = read_string(root, name);
    if (!value) return tl::unexpected(value.error());
    claims.*target = std::move(*value);
  }
  for (auto [name, target] :
       {std::pair{"exp", &Claims::expires_at}, {"nbf", &Claims::not_before}, {"iat", &Claims::issued_at}}) {
    auto value = read_time(root, name);
    if (!value) return tl::unexpected(value.error());
    claims.*target = *value;
  }
  for (const std::string& name : further) {
    if (!root.find(name)) continue;
    auto values = read_strings(root, name);
    if (!values) return tl::unexpected(values.error());
    claims.further.push_back({name, std::move(*values)});
  }
  return claims;
}

}  // namespace

const Claims::Further* Claims::find(std::string_view name) const {
  const auto found =
      std::find_if(further.begin(), further.end(), [&](const Further& claim) { return claim.name == name; });
  return found == further.end() ? nullptr : &*found;
}

Judged<Claims> read_claims(const jose::VerifiedPayload& payload, std::span<const std::string> further) {
  return read(payload.text(), further);
}

Judged<Claims> read_unverified_claims(std::string_view text, std::span<const std::string> further) {
  return read(text, further);
}

}  // namespace callgate::policy
