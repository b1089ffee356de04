// SPDX-License-Identifier: Apache-2.0
// Any bytes as a configuration file. Secrets do not exist here: nothing touches the disk.

#include <algorithm>
#include <callgate/config/settings.hpp>
#include <string>

#include "fuzz.hpp"
#include "settle.hpp"

using namespace callgate;

namespace {

config::SecretSource no_secrets() {
  const auto none = [](const std::string&) -> base::Result<config::Secret> {
    return base::fail("no secret");
  };
  return {none, none};
}

// What every configuration that is accepted promises.
void check_promises(const config::ServeSettings& settings) {
  fuzz::require(!settings.routes.empty(), "there is a route");
  for (const config::RouteSettings& route : settings.routes) {
    fuzz::require(!route.providers.empty(), "every route has a proof, and there are no secrets here");
    fuzz::require(route.path.starts_with('/') && !(route.path + "/").starts_with("/callgate/"),
                  "a path is plain and not ours");
    fuzz::require((route.deliver == config::Deliver::forward) == route.upstream.has_value(),
                  "who forwards knows where to");
    for (const std::size_t place : route.providers)
      fuzz::require(place < settings.providers.size(), "a route's providers are there");
  }
  for (const config::ProviderSettings& one : settings.providers) {
    const policy::Rules& rules = one.provider.rules;
    fuzz::require(!one.provider.name.empty() && one.provider.name.size() <= 32, "names become labels");
    fuzz::require(!one.provider.algorithms.empty(), "some algorithm is allowed");
    fuzz::require(!rules.issuer.empty() && !rules.audiences.empty(), "issuer and audience are known");
    fuzz::require(std::find(rules.audiences.begin(), rules.audiences.end(), "") == rules.audiences.end(),
                  "no audience is empty");
    const auto url = http::parse_url(rules.issuer);
    fuzz::require(!one.keys_file.empty() || (url && (url->scheme == "https" || one.issuer.insecure_http)),
                  "keys come over https");
  }
  fuzz::require(!settings.server.proxy_protocol || !settings.server.trusted_proxies.empty(),
                "a PROXY header is believed from someone");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto settings = config::parse_settings(fuzz::text_of(data, size), "f.toml", "/nowhere", no_secrets());
  if (settings) {
    check_promises(*settings);
    return 0;
  }
  const std::string& text = settings.error();
  fuzz::require(text.ends_with('\n') && text.starts_with("f.toml"), "what is wrong has a place");
  fuzz::require(std::count(text.begin(), text.end(), '\n') <= 21, "at most 20 findings are shown");
  return 0;
}
