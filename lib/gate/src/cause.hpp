// SPDX-License-Identifier: Apache-2.0
#pragma once
// The likely cause of a refusal in words, and what to do next.

#include <callgate/gate/explain.hpp>
#include <callgate/policy/claims.hpp>

namespace callgate::gate {

struct Cause {
  std::string likely;
  std::string remedy;
};

// What is known when the cause is guessed. claims is null when they could not be read.
struct Evidence {
  refusal::Reason reason;
  std::string_view token;
  const policy::Claims* claims;
  const Provider& provider;
  base::WallTime now;
};

Cause find_cause(const Evidence& evidence);

}  // namespace callgate::gate
