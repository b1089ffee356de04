// SPDX-License-Identifier: Apache-2.0
#pragma once
// Which proxy a URL is fetched through, by the variables that most programs know (HTTPS_PROXY, NO_PROXY ...).
// Pure values, any thread.

#include <callgate/http/url.hpp>
#include <string>

namespace callgate::http {

struct Proxies {
  std::string http{};   // for http:// URLs, as "http://proxy:3128"; empty: none
  std::string https{};  // for https:// URLs
  // What is fetched directly all the same: names (with everything below them), addresses and networks
  // ("10.0.0.0/8"), parted by commas or spaces; "*" is everything.
  std::string none{};
  friend bool operator==(const Proxies&, const Proxies&) = default;
};

// Empty: the URL is fetched directly.
std::string find_proxy(const Proxies& proxies, const Url& url);

}  // namespace callgate::http
