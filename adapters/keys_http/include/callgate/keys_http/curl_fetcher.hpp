// SPDX-License-Identifier: Apache-2.0
#pragma once
// The GET behind oidc::KeyFetcher, by libcurl: TLS verified always, no redirect followed, bounded in time and
// size, http and https alone. Proxy variables (HTTPS_PROXY, NO_PROXY ...) and CA settings of libcurl apply.

#include <callgate/oidc/discovery.hpp>
#include <chrono>
#include <memory>

namespace callgate::keys_http {

struct CurlLimits {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{10'000};
};

// One connection is kept between calls. get() from one thread at a time, cancel() from any.
std::unique_ptr<oidc::KeyFetcher> make_curl_fetcher(const CurlLimits& limits = {});

}  // namespace callgate::keys_http
