// SPDX-License-Identifier: Apache-2.0
#include "access.hpp"

#include <callgate/digest/secret.hpp>
#include <callgate/http/bearer.hpp>
#include <callgate/http/network.hpp>

#include "problem.hpp"

namespace callgate::admin {
namespace {

// The port does not count: tunnels and containers map it to another, while a page of another site can only
// come here by a name of its own.
bool is_ours(const http::Endpoint& ours, std::string_view host) {
  return host == "localhost" || host == http::to_lower(ours.host) || http::Address::parse(host);
}

bool names_us(const http::Endpoint& ours, std::string_view host_field) {
  auto named = http::parse_endpoint(host_field);
  if (!named) named = http::parse_endpoint(std::string(host_field) + ":80");
  return named && is_ours(ours, named->host);
}

// A target in absolute form names the server in place of Host (RFC 9112 section 3.2.2).
bool target_names_us(const http::Endpoint& ours, std::string_view target) {
  if (target.starts_with('/')) return true;
  const auto url = http::parse_url(target);
  return url && is_ours(ours, url->host);
}

}  // namespace

std::optional<http::Response> check_host(const SiteSettings& settings, const http::RequestHead& head) {
  const auto host = head.headers.find_single("Host");
  if (host && names_us(settings.listen, *host) && target_names_us(settings.listen, head.target))
    return std::nullopt;
  return problem(421, "the Host field must be an IP address, localhost or " + settings.listen.host +
                          ", with or without a port");
}

std::optional<http::Response> check_token(const SiteSettings& settings, const http::RequestHead& head) {
  const std::string& token = settings.token.reveal();
  if (token.empty()) return std::nullopt;
  const auto given = http::read_bearer(head.headers);
  if (given && digest::is_same_secret(token, *given)) return std::nullopt;
  const bool none = head.headers.count("Authorization") == 0;
  http::Response response =
      problem(401, none ? "send the admin token as 'Authorization: Bearer TOKEN'; the gateway reads it from "
                          "admin_token_file"
                        : "this is not the admin token: send the one of the gateway's admin_token_file as "
                          "'Authorization: Bearer TOKEN'");
  response.headers.add("WWW-Authenticate", none ? "Bearer" : R"(Bearer error="invalid_token")");
  return response;
}

std::optional<http::Response> check_same_site(const http::RequestHead& head) {
  bool same = true;
  if (head.headers.count("Sec-Fetch-Site") > 0) {
    const auto site = head.headers.find_single("Sec-Fetch-Site");
    same = site == "same-origin" || site == "none";
  }
  if (head.headers.count("Origin") > 0) {
    const auto origin = head.headers.find_single("Origin");
    const std::string host(head.headers.find_single("Host").value_or(""));
    same = same && origin &&
           (http::equals_ignoring_case(*origin, "http://" + host) ||
            http::equals_ignoring_case(*origin, "https://" + host));
  }
  if (same) return std::nullopt;
  return problem(403,
                 "another site's page sent this; use the admin port's own page, or a client that is no "
                 "browser");
}

}  // namespace callgate::admin
