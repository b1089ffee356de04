// SPDX-License-Identifier: Apache-2.0
// Any text as a discovery document, and as a URL.

#include <callgate/http/url.hpp>
#include <callgate/oidc/discovery.hpp>
#include <string>

#include "fuzz.hpp"

using namespace callgate;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  oidc::Issuer issuer{.issuer = "https://issuer.test", .discovery = "https://issuer.test/.well-known"};
  const auto strict = oidc::parse_discovery(text, issuer);
  issuer.insecure_http = true;
  const auto loose = oidc::parse_discovery(text, issuer);
  fuzz::require(loose || !strict, "https only takes away");
  if (strict) {
    const auto url = http::parse_url(strict->keys_url);
    fuzz::require(url && url->scheme == "https", "keys come over https");
  }
  issuer.issuer = "https://another.test";
  fuzz::require(!strict || !oidc::parse_discovery(text, issuer), "another issuer's document is refused");

  if (const auto url = http::parse_url(text)) {
    fuzz::require(!url->host.empty() && url->target.starts_with('/'), "a URL has a host and a target");
    const auto again = http::parse_url(url->origin() + url->target);
    fuzz::require(
        again && again->host == url->host && again->port == url->port && again->target == url->target,
        "a URL reads back");
  }
  if (const auto endpoint = http::parse_endpoint(text)) {
    const auto again = http::parse_endpoint(endpoint->text());
    fuzz::require(again && again->host == endpoint->host && again->port == endpoint->port,
                  "an endpoint reads back");
  }
  return 0;
}
