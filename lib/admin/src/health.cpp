// SPDX-License-Identifier: Apache-2.0
#include "health.hpp"

#include <algorithm>

namespace callgate::admin {
namespace {

http::Response text(int status, std::string body) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::move(body)};
}

}  // namespace

http::Response liveness() {
  return text(200, "alive\n");
}

http::Response readiness(const std::vector<HealthCheck>& checks, bool verbose) {
  const bool ready =
      std::all_of(checks.begin(), checks.end(), [](const HealthCheck& check) { return check.ok; });
  std::string body;
  if (verbose) {
    for (const HealthCheck& check : checks) {
      body += (check.ok ? "[+] " : "[-] ") + check.name + ": " + check.detail + "\n";
    }
  }
  body += ready ? "ready\n" : "not ready\n";
  http::Response response = text(ready ? 200 : 503, std::move(body));
  if (!ready) response.headers.add("Retry-After", "1");
  return response;
}

}  // namespace callgate::admin
