// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <thread>

#include "settle.hpp"

namespace callgate::config {
namespace {

std::optional<http::Endpoint> settle_endpoint(const Section& server, std::string_view name,
                                              Findings& findings) {
  const auto text = server.text(name);
  auto endpoint = http::parse_endpoint(*text);
  if (!endpoint) {
    findings.add(server.label(name), in_quotes(*text) +
                                         " is not an address; write for example 127.0.0.1:8080 or "
                                         "[::1]:8080" +
                                         (name == "admin" ? ", or off" : ""));
  }
  return endpoint;
}

bool is_loopback(const http::Endpoint& endpoint) {
  const auto address = http::Address::parse(endpoint.host);
  return address ? address->is_loopback() : endpoint.host == "localhost";
}

void settle_admin(const Section& server, const SecretSource& secrets, ServerSettings& settings,
                  Findings& findings, std::vector<std::string>& warnings) {
  settings.admin.reset();
  if (server.text("admin") != "off") settings.admin = settle_endpoint(server, "admin", findings);
  if (const auto path = server.text("admin_token_file")) {
    const auto secret = secrets.from_file(*path);
    if (!secret) {
      findings.add(server.label("admin_token_file"), secret.error().message);
      return;
    }
    settings.admin_token = secret->value;
    if (!secret->warning.empty()) warnings.push_back(secret->warning);
  } else if (settings.admin && !is_loopback(*settings.admin) && !server.has("admin_token_file")) {
    findings.add(server.label("admin"), in_quotes(settings.admin->text()) +
                                            " is not a loopback address: others could read and change what "
                                            "runs; write an admin_token_file, or 127.0.0.1");
  }
}

void settle_proxies(const Section& server, ServerSettings& settings, Findings& findings) {
  settings.trusted_proxies = settle_networks(server, "trusted_proxies", findings);
  settings.proxy_protocol = server.is_on("proxy_protocol");
  for (const http::Network& network : settings.trusted_proxies) {
    if (!network.text().ends_with("/0")) continue;
    findings.add(server.label("trusted_proxies"),
                 in_quotes(network.text()) +
                     " is everyone: any sender could name its own address; write your proxies alone");
  }
  if (settings.proxy_protocol && !server.has("trusted_proxies")) {
    findings.add(server.label("proxy_protocol"),
                 "needs trusted_proxies: the networks whose PROXY header is believed");
  }
}

std::size_t bytes_or_count(const Section& limits, std::string_view name) {
  return static_cast<std::size_t>(limits.number(name));
}

http::Limits settle_limits(const Section& section) {
  http::Limits limits;
  limits.head_bytes_max = bytes_or_count(section, "head_bytes_max");
  limits.header_count_max = bytes_or_count(section, "header_count_max");
  limits.target_bytes_max = bytes_or_count(section, "target_bytes_max");
  limits.body_bytes_max = bytes_or_count(section, "body_bytes_max");
  limits.head_timeout = section.span("head_timeout");
  limits.body_timeout = section.span("body_timeout");
  limits.idle_timeout = section.span("idle_timeout");
  limits.write_timeout = section.span("write_timeout");
  limits.handshake_timeout = section.span("handshake_timeout");
  limits.connections_max = bytes_or_count(section, "connections_max");
  limits.connections_per_source_max = bytes_or_count(section, "connections_per_source_max");
  limits.requests_in_flight_max = bytes_or_count(section, "requests_in_flight_max");
  limits.overload_after = section.span("overload_after");
  return limits;
}

TlsSettings settle_tls(const Section& tls, const SecretSource& secrets, Findings& findings) {
  for (const char* name : {"certificate", "key"}) {
    if (!tls.has(name))
      findings.add(tls.at(), std::string(name) + " is missing; write the path of a PEM file");
  }
  check_readable(tls, {"certificate", "key", "client_ca"}, secrets, findings);
  return {tls.text_or_empty("certificate"), tls.text_or_empty("key"), tls.text_or_empty("client_ca")};
}

}  // namespace

void check_readable(const Section& section, std::initializer_list<std::string_view> names,
                    const SecretSource& secrets, Findings& findings) {
  for (const std::string_view name : names) {
    const auto path = section.text(name);
    if (!path || path->empty() || !secrets.why_unreadable) continue;
    if (const std::string why = secrets.why_unreadable(*path); !why.empty())
      findings.add(section.label(name), why + "; write the path of a file that this user can read");
  }
}

std::vector<http::Network> settle_networks(const Section& section, std::string_view name,
                                           Findings& findings) {
  std::vector<http::Network> networks;
  const Entry* entry = section.find(name);
  if (entry != nullptr && entry->items.empty()) {
    findings.add(entry->label, "is an empty list; write networks, or leave it out");
  }
  for (const Item& item : section.items(name)) {
    if (const auto network = http::Network::parse(item.text)) {
      networks.push_back(*network);
    } else {
      findings.add(item.label,
                   in_quotes(item.text) +
                       " is not a network; write for example 52.112.0.0/14 or 2001:db8::/32, with "
                       "nothing behind the prefix");
    }
  }
  return networks;
}

ServerSettings settle_server(const Sections& sections, const SecretSource& secrets, Findings& findings,
                             std::vector<std::string>& warnings) {
  const Section& server = sections.server;
  ServerSettings settings;
  settings.listen = settle_endpoint(server, "listen", findings).value_or(settings.listen);
  settle_admin(server, secrets, settings, findings, warnings);
  settle_proxies(server, settings, findings);
  settings.workers = server.find("workers") != nullptr ? static_cast<unsigned>(server.number("workers"))
                                                       : std::max(1U, std::thread::hardware_concurrency());
  settings.reveal_reasons = server.is_on("reveal_reasons");
  settings.verdicts_kept = static_cast<std::size_t>(server.number("verdicts_kept"));
  settings.drain_timeout = server.span("drain_timeout");
  settings.limits = settle_limits(sections.limits);
  if (sections.tls) settings.tls = settle_tls(*sections.tls, secrets, findings);
  return settings;
}

}  // namespace callgate::config
