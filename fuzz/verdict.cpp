// SPDX-License-Identifier: Apache-2.0
// A callback whose signature is taken for good: first line the header, second line the claims, the rest the
// body. Judged alone, together with others, and explained: all must agree.

#include <array>
#include <callgate/digest/base64.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/gate/explain.hpp>
#include <callgate/http/headers.hpp>
#include <callgate/policy/check.hpp>
#include <string>
#include <variant>

#include "fixture.hpp"
#include "fuzz.hpp"

using namespace callgate;

namespace {

std::string token_of(std::string_view header, std::string_view claims) {
  return digest::encode_base64url(header) + "." + digest::encode_base64url(claims) + ".c2lnbmF0dXJl";
}

http::Headers headers_of(const std::string& token) {
  return {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
}

// The whole target means nothing if the real signature check was linked.
bool signatures_are_ignored() {
  const std::string token = token_of(
      R"({"alg":"RS256","kid":"rsa"})",
      R"({"iss":"https://issuer.test","aud":"5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21","iat":1800000000,"exp":1800000300})");
  const auto step = gate::judge_token(headers_of(token), fuzz::providers()[0], &fuzz::keys(), fuzz::kNow);
  return std::holds_alternative<gate::ProvenToken>(step.outcome);
}

void check_admitted(const gate::Admitted& admitted, std::string_view body, const policy::Rules& rules) {
  const policy::Claims& claims = admitted.token.claims();
  fuzz::require(policy::check(claims, rules, fuzz::kNow).has_value(), "admitted claims pass the rules");
  fuzz::require(policy::check_body(claims, rules, body).has_value(), "the body is the one that was signed");
  bool ours = false;
  for (const std::string& audience : rules.audiences)
    ours = ours || policy::same_audience(audience, admitted.token.audience());
  fuzz::require(ours, "the audience is ours");
  fuzz::require(fuzz::keys().find(admitted.token.kid()) != nullptr, "the key is one of the set");
  fuzz::require(!admitted.batch.events.empty() && admitted.batch.events.back().end <= body.size(),
                "events stand inside the body");
}

// What a lone judgement and a joint one have in common.
std::string outcome_of(const gate::TokenStep& step) {
  if (const auto* refused = std::get_if<refusal::Refusal>(&step.outcome)) return refused->detail;
  if (const auto* needs = std::get_if<gate::NeedsKeys>(&step.outcome)) return needs->otherwise.detail;
  return "proven: " + std::get<gate::ProvenToken>(step.outcome).kid();
}

void compare_with_joint_judgement(const http::Headers& headers, const gate::Provider& provider) {
  const http::Headers none;
  const std::array<const http::Headers*, 3> requests{&headers, &none, &headers};
  const auto alone = gate::judge_token(headers, provider, &fuzz::keys(), fuzz::kNow);
  const auto joint = gate::judge_tokens(requests, provider, &fuzz::keys(), fuzz::kNow);
  fuzz::require(joint.size() == 3, "every request has its verdict");
  for (const std::size_t i : {std::size_t{0}, std::size_t{2}}) {
    fuzz::require(
        outcome_of(joint[i]) == outcome_of(alone) && joint[i].unverified_kid == alone.unverified_kid,
        "judged together is judged alone");
  }
}

void compare_with_explanation(const std::string& token, std::string_view body, const gate::Provider& provider,
                              const refusal::Judged<gate::Admitted>& verdict) {
  const auto report = gate::explain(token, provider, &fuzz::keys(), fuzz::kNow, body);
  fuzz::require((report.decision == gate::Decision::admit) == verdict.has_value(), "explain and judge agree");
  if (!verdict)
    fuzz::require(report.reason == verdict.error().reason, "explain and judge name the same reason");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool ready = signatures_are_ignored();
  fuzz::require(ready, "this build ignores signatures");
  std::string_view body = fuzz::text_of(data, size);
  const std::string_view header = fuzz::take_line(body);
  const std::string token = token_of(header, fuzz::take_line(body));
  const http::Headers headers = headers_of(token);
  for (const auto& provider : fuzz::providers()) {
    const auto verdict = gate::judge(headers, body, provider, &fuzz::keys(), fuzz::kNow);
    if (verdict) check_admitted(*verdict, body, provider.rules);
    compare_with_joint_judgement(headers, provider);
    compare_with_explanation(token, body, provider, verdict);
  }
  return 0;
}
