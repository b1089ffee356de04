// SPDX-License-Identifier: Apache-2.0
#pragma once
// Why a token is admitted or refused: every check to its end, also those behind the first failure, with what
// was expected, what was found and by how much. For people (callgate verify, the dashboard) and tests, not
// for decisions. Pure; any thread. A report never holds the token's text or signature.

#include <callgate/gate/column.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::gate {

struct Check {
  enum class Result { pass, fail, not_checked };
  std::string name;
  Result result = Result::not_checked;
  std::optional<refusal::Reason> reason;  // what the failure is called
  std::string expected;
  std::string found;
  std::optional<double> margin_seconds;  // positive: left; negative: missed by
};

struct Report {
  std::vector<Check> checks;  // in the order in which they refuse
  Decision decision = Decision::refuse;
  std::optional<refusal::Reason> reason;  // of the first failure
  bool claims_are_verified = false;       // false: the claims shown are the token's own, unproven word
  std::string likely_cause;               // empty if admitted
  std::string what_to_do;                 // empty if admitted
};

// `text` is a token with or without "Bearer ". `body`, if given, is judged as the body of an application/json
// request.
Report explain(std::string_view text, const Provider& provider, const jose::KeySet* keys, base::WallTime now,
               std::optional<std::string_view> body = std::nullopt);

}  // namespace callgate::gate
