// SPDX-License-Identifier: Apache-2.0
#pragma once
// The GET behind oidc::KeyFetcher, by libcurl: TLS verified always, no redirect followed, bounded in time and
// size, http and https alone, IPv4 and IPv6. Through a proxy the rule on private addresses holds for
// addresses that a URL spells out; what a name leads to is the proxy's to judge.

#include <callgate/http/proxy.hpp>
#include <callgate/oidc/fetch.hpp>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

namespace callgate::keys_http {

struct CurlSettings {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{10'000};
  std::string ca_file{};  // PEM certificates to trust instead of the system's; empty: the system's
  // Nothing: libcurl reads the usual variables itself (https_proxy, no_proxy ...). The proxy must then have a
  // public address if documents name other hosts than their own.
  std::optional<http::Proxies> proxies{};
};

// One connection is kept between calls. get() from one thread at a time, cancel() from any.
std::unique_ptr<oidc::KeyFetcher> make_curl_fetcher(const CurlSettings& settings = {});

}  // namespace callgate::keys_http
