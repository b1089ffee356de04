// SPDX-License-Identifier: Apache-2.0
#include <callgate/config/proxies.hpp>
#include <cstdlib>
#include <initializer_list>

namespace callgate::config {
namespace {

// The first that says something.
std::string variable(std::initializer_list<const char*> names) {
  for (const char* name : names) {
    const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody writes the environment
    if (text != nullptr && *text != '\0') return text;
  }
  return {};
}

}  // namespace

http::Proxies read_proxies() {
  return {.http = variable({"http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"}),
          .https = variable({"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}),
          .none = variable({"no_proxy", "NO_PROXY"})};
}

}  // namespace callgate::config
