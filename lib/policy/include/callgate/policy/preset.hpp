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
  Rules rules;  // without audiences
};

inline constexpr const char* kCallAutomationIssuer = "https://acscallautomation.communication.azure.com";

// Azure Communication Services Call Automation: RS256, tokens of five minutes, its own discovery path below
// the issuer. Source: the service's page "Secure webhook endpoint". Another issuer: an emulator, or another
// cloud.
Preset call_automation(const std::string& issuer = kCallAutomationIssuer);

}  // namespace callgate::policy
