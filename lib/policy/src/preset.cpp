// SPDX-License-Identifier: Apache-2.0
#include <callgate/policy/preset.hpp>

namespace callgate::policy {

Preset call_automation(const std::string& issuer) {
  return {.name = "call-automation",
          .discovery = issuer + "/calling/.well-known/acsopenidconfiguration",
          .algorithms = {jose::Algorithm::rs256},
          .rules = {.issuer = issuer, .audiences = {}}};
}

}  // namespace callgate::policy
