// SPDX-License-Identifier: Apache-2.0
#include <callgate/policy/preset.hpp>

namespace callgate::policy {

Preset call_automation(const std::string& issuer) {
  return {.name = "call-automation",
          .discovery = issuer + "/calling/.well-known/acsopenidconfiguration",
          .algorithms = {jose::Algorithm::rs256},
          .rules = {.issuer = issuer, .audiences = {}},
          .one_token_per_event = true};
}

Preset event_grid(const std::string& tenant) {
  // Event Grid's application, the same in every tenant.
  constexpr const char* kEventGrid = "4962773b-9cdb-44cf-a8bf-237846a00ab7";
  const std::string version_2 = "https://login.microsoftonline.com/" + tenant + "/v2.0";
  Preset preset{.name = "event-grid",
                .discovery = version_2 + "/.well-known/openid-configuration",
                .algorithms = {jose::Algorithm::rs256},
                .rules = {.issuer = version_2, .more_issuers = {"https://sts.windows.net/" + tenant + "/"}}};
  preset.rules.max_lifetime = std::chrono::hours{24};
  preset.rules.required = {{{"tid"}, {tenant}},
                           {{"appid", "azp"}, {kEventGrid}},
                           {{"roles"}, {"AzureEventGridSecureWebhookSubscriber"}}};
  return preset;
}

Preset generic(const std::string& issuer) {
  using enum jose::Algorithm;
  Preset preset{.name = "generic",
                .discovery = issuer + (issuer.ends_with('/') ? "" : "/") + ".well-known/openid-configuration",
                .algorithms = {rs256, ps256, es256, eddsa},
                .rules = {.issuer = issuer}};
  preset.rules.max_lifetime = std::chrono::hours{1};
  return preset;
}

}  // namespace callgate::policy
