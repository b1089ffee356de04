// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/admin/health.hpp>

namespace callgate::admin {
namespace {

http::Response text(int status, std::string body) {
  return {status,
          {{"Content-Type", "text/plain; charset=utf-8"}, {"Cache-Control", "no-store"}},
          std::move(body)};
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

}  // namespace

http::Response answer(const http::RequestHead& head, const std::vector<HealthCheck>& checks) {
  const bool live = head.path() == "/livez";
  if (!live && head.path() != "/readyz")
    return text(404, "there is nothing at this path; try /livez or /readyz\n");
  if (head.method != "GET" && head.method != "HEAD") {
    http::Response response = text(405, "only GET and HEAD are allowed here\n");
    response.headers.add("Allow", "GET, HEAD");
    return response;
  }
  return live ? text(200, "alive\n")
              : readiness(checks, head.query() == "verbose" || head.query() == "verbose=1");
}

}  // namespace callgate::admin
