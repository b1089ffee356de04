// SPDX-License-Identifier: Apache-2.0
#pragma once
// The GET behind oidc::KeyFetcher, by libcurl: TLS verified always, no redirect followed, bounded in time and
// size, http and https alone, IPv4 and IPv6. Proxy variables (HTTPS_PROXY, NO_PROXY ...) of libcurl apply;
// through a proxy the rule on private addresses cannot be enforced here, the proxy must.

#include <callgate/oidc/fetch.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace callgate::keys_http {

struct CurlSettings {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{10'000};
  std::string ca_file{};  // PEM certificates to trust instead of the system's; empty: the system's
};

// One connection is kept between calls. get() from one thread at a time, cancel() from any.
std::unique_ptr<oidc::KeyFetcher> make_curl_fetcher(const CurlSettings& settings = {});

}  // namespace callgate::keys_http
