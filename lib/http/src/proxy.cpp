// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/http/headers.hpp>
#include <callgate/http/network.hpp>
#include <callgate/http/proxy.hpp>

namespace callgate::http {
namespace {

bool names(std::string_view entry, const std::string& host, const std::optional<Address>& address) {
  if (entry == "*") return true;
  if (entry.starts_with('[') && entry.ends_with(']')) entry = entry.substr(1, entry.size() - 2);
  if (address) {
    const auto network = Network::parse(entry);
    return network && network->contains(*address);
  }
  if (entry.starts_with('.')) entry.remove_prefix(1);
  const std::string name = to_lower(entry);
  return !name.empty() && (host == name || host.ends_with("." + name));
}

bool goes_directly(std::string_view none, const std::string& host) {
  const auto address = Address::parse(host);
  while (!none.empty()) {
    const std::size_t end = std::min(none.find_first_of(", \t"), none.size());
    if (names(none.substr(0, end), host, address)) return true;
    none.remove_prefix(std::min(end + 1, none.size()));
  }
  return false;
}

}  // namespace

std::string find_proxy(const Proxies& proxies, const Url& url) {
  const std::string& proxy = url.scheme == "https" ? proxies.https : proxies.http;
  return proxy.empty() || goes_directly(proxies.none, url.host) ? std::string() : proxy;
}

}  // namespace callgate::http
