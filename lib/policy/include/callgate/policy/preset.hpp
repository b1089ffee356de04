// SPDX-License-Identifier: Apache-2.0
#pragma once
// What is known of a sender before anything is configured. The audience never is: it names the receiver.

#include <callgate/jose/algorithm.hpp>
#include <callgate/policy/check.hpp>
#include <string>

namespace callgate::policy {

struct Preset {
  std::string name;
  std::string discovery;  // URL of the discovery document
  jose::AlgorithmSet algorithms;
  Rules rules;                       // without audiences
  bool one_token_per_event = false;  // the sender makes a token for each event, never for several
};

inline constexpr const char* kCallAutomationIssuer = "https://acscallautomation.communication.azure.com";

// Azure Communication Services Call Automation: RS256, tokens of five minutes, its own discovery path below
// the issuer. Source: the service's page "Secure webhook endpoint". Another issuer: an emulator, or another
// cloud.
Preset call_automation(const std::string& issuer = kCallAutomationIssuer);

// Event Grid with Entra-secured delivery: tokens of the tenant in version 1 or 2, made for Event Grid's own
// application, with the role that lets it call a webhook. Source: the service's page "Deliver events to
// Microsoft Entra protected endpoints". Tokens live up to a day.
Preset event_grid(const std::string& tenant);

// Any OpenID provider: RS256, PS256, ES256 or EdDSA, the standard discovery path, tokens of an hour at most.
Preset generic(const std::string& issuer);

}  // namespace callgate::policy
