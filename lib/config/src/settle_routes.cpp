// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "nearest.hpp"
#include "settle.hpp"

namespace callgate::config {
namespace {

constexpr const char* kOwnPrefix = "/callgate";
constexpr const char* kAuthorizePath = "/callgate/authorize";

bool is_plain_path(std::string_view path) {
  const std::string closed = std::string(path) + "/";
  return path.starts_with('/') && path.find_first_of("?#% \\") == std::string_view::npos &&
         path.find("//") == std::string_view::npos && closed.find("/./") == std::string::npos &&
         closed.find("/../") == std::string::npos;
}

// What is wrong with the path; empty if nothing is.
std::string fault_of_path(std::string_view path) {
  constexpr const char* kExample = " is not a plain path; write for example /api/callback";
  if (!is_plain_path(path)) return in_quotes(path) + kExample;
  if (path.size() > 1 && path.ends_with('/'))
    return in_quotes(path) + " ends with '/'; leave that out: what is below it is meant anyway";
  if ((std::string(path) + "/").starts_with(std::string(kOwnPrefix) + "/"))
    return in_quotes(path) + " is callgate's own; write a path that is not below /callgate/";
  return "";
}

void settle_path(const Section& section, RouteSettings& route, Findings& findings) {
  if (!section.has("path"))
    findings.add(section.at(), "path is missing; write for example path = \"/api/callback\"");
  const auto path = section.text("path");
  if (!path) return;
  route.path = *path;
  const std::string fault = fault_of_path(route.path);
  if (!fault.empty()) findings.add(section.label("path"), fault);
}

void settle_upstream(const Section& section, const std::string& upstream, RouteSettings& route,
                     Findings& findings) {
  route.upstream = http::parse_url(upstream);
  route.upstream_ca = section.text_or_empty("upstream_ca");
  route.upstream_timeout = section.span("upstream_timeout");
  route.pass_authorization = section.is_on("pass_authorization");
  if (!route.upstream || route.upstream->target != "/") {
    const std::string shown = upstream.find('@') == std::string::npos ? in_quotes(upstream) : "this";
    findings.add(section.label("upstream"),
                 shown + " is not http://host:port; write it without path, query and user");
  } else if (!route.upstream_ca.empty() && route.upstream->scheme != "https") {
    findings.add(section.label("upstream_ca"),
                 "is of no use to " + in_quotes(upstream) + "; write https://, or leave it out");
  }
}

// What was said of the deliver key against what was said of the upstream.
void check_deliver(const Section& section, RouteSettings& route, Findings& findings) {
  if (section.find("deliver") == nullptr) return;
  if (route.deliver == Deliver::forward && !section.has("upstream"))
    findings.add(section.label("deliver"),
                 "\"forward\" needs an upstream; write upstream = \"http://host:port\"");
  if (route.deliver == Deliver::none && section.has("upstream"))
    findings.add(section.label("deliver"),
                 "\"none\" leaves the upstream out; write \"forward\" or \"inbox\", or no upstream");
}

void settle_deliver(const Section& section, RouteSettings& route, Findings& findings) {
  const auto upstream = section.text("upstream");
  const auto deliver = section.text("deliver");
  route.deliver = deliver == "inbox"                               ? Deliver::inbox
                  : deliver == "forward" || (!deliver && upstream) ? Deliver::forward
                                                                   : Deliver::none;
  check_deliver(section, route, findings);
  if (upstream) settle_upstream(section, *upstream, route, findings);
  route.shadow = section.is_on("shadow");
  if (route.shadow && route.deliver == Deliver::inbox) {
    findings.add(section.label("shadow"),
                 "cannot stand beside an inbox, which keeps only what was proven; leave one of them out");
  } else if (route.shadow && route.deliver != Deliver::forward) {
    findings.add(section.label("shadow"),
                 "passes what would be refused on to an application; write an upstream, or leave it out");
  }
}

bool is_of_forward_auth(std::string_view path) {
  return path == kAuthorizePath ||
         (path.starts_with(std::string(kAuthorizePath) + "/") && is_plain_path(path) && !path.ends_with('/'));
}

// Where other proxies ask on this route's terms. Chosen here and never by what a request says.
void settle_authorize(const Section& section, bool only_route, RouteSettings& route, Findings& findings) {
  const std::string path = section.text("authorize").value_or(only_route ? kAuthorizePath : "off");
  if (path == "off") return;
  route.authorize = path;
  if (!is_of_forward_auth(path)) {
    findings.add(section.label("authorize"),
                 in_quotes(path) +
                     " is not a path for forward-auth; write /callgate/authorize, a path below it, "
                     "or off");
  }
}

void settle_proofs(const Section& section, const std::vector<ProviderSettings>& providers, bool has_secret,
                   RouteSettings& route, Findings& findings) {
  std::vector<std::string_view> names;
  for (const ProviderSettings& provider : providers) names.emplace_back(provider.provider.name);
  for (const Item& item : section.items("providers")) {
    const auto found = std::find(names.begin(), names.end(), item.text);
    if (found == names.end()) {
      findings.add(item.label, "there is no provider " + in_quotes(item.text) +
                                   did_you_mean(item.text, names) + "; write the name of a [[provider]]");
      continue;
    }
    const auto place = static_cast<std::size_t>(found - names.begin());
    if (std::find(route.providers.begin(), route.providers.end(), place) == route.providers.end())
      route.providers.push_back(place);
    else
      findings.add(item.label, in_quotes(item.text) + " stands here twice; write it once");
  }
  const bool named = section.has("providers") &&
                     (section.find("providers") == nullptr || !section.items("providers").empty());
  if (!named && !has_secret) {
    findings.add(section.label("providers"),
                 "there is no open route; write the names of providers, or a query_secret");
  }
  std::sort(route.providers.begin(), route.providers.end());  // judged in file order
}

bool is_word(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

bool is_variable(std::string_view name) {
  return !name.empty() && (name[0] < '0' || name[0] > '9') && std::all_of(name.begin(), name.end(), is_word);
}

bool is_parameter(std::string_view name) {
  return !name.empty() && name.size() <= 64 &&
         std::all_of(name.begin(), name.end(), [](char c) { return is_word(c) || c == '-' || c == '.'; });
}

base::Result<Secret> read_query_secret(const Section& section, const SecretSource& secrets) {
  if (const auto path = section.text("file")) return secrets.from_file(*path);
  const std::string name = section.text_or_empty("env");
  if (!is_variable(name)) return base::fail(in_quotes(name) + " is not the name of an environment variable");
  return secrets.from_environment(name);
}

void settle_query_secret(const Section& section, const SecretSource& secrets, RouteSettings& route,
                         Findings& findings, std::vector<std::string>& warnings) {
  const std::string name = section.text_or_empty("name");
  if (!section.has("name"))
    findings.add(section.at(), "name is missing: the parameter of the query that holds the secret");
  if (section.find("name") != nullptr && !is_parameter(name)) {
    findings.add(
        section.label("name"),
        in_quotes(name) + " is not a plain name of a parameter; write letters, digits, '_', '-' and '.'");
  }
  if (section.has("file") == section.has("env")) {
    findings.add(section.at(), "write either file or env: where the secret is found");
    return;
  }
  const char* from = section.has("file") ? "file" : "env";
  if (section.find(from) == nullptr) return;  // reported
  auto secret = read_query_secret(section, secrets);
  if (!secret) {
    findings.add(section.label(from), secret.error().message);
    return;
  }
  if (!secret->warning.empty()) warnings.push_back(secret->warning);
  route.query_secret = QuerySecret{name, std::move(secret->value)};
}

void warn_of_unused(const std::vector<ProviderSettings>& providers, const std::vector<RouteSettings>& routes,
                    std::vector<std::string>& warnings) {
  for (std::size_t i = 0; i < providers.size(); ++i) {
    const bool used = std::any_of(routes.begin(), routes.end(), [&](const RouteSettings& route) {
      return std::find(route.providers.begin(), route.providers.end(), i) != route.providers.end();
    });
    if (!used)
      warnings.push_back("provider " + in_quotes(providers[i].provider.name) + " is used by no route");
  }
}

gate::ReplayRule replay_rule(const Section& section) {
  const std::string word = section.text_or_empty("replay");
  if (word == "enforce") return gate::ReplayRule::enforce;
  if (word == "observe") return gate::ReplayRule::observe;
  return word == "off" ? gate::ReplayRule::off : gate::ReplayRule::automatic;
}

void settle_replay(const Section& section, RouteSettings& route, Findings& findings) {
  route.replay = replay_rule(section);
  const bool keeps = route.replay == gate::ReplayRule::enforce || route.replay == gate::ReplayRule::observe;
  if (keeps && route.providers.empty() && section.items("providers").empty()) {
    findings.add(section.label("replay"),
                 "there are no tokens on this route that could come again; name providers, or leave it out");
  }
}

}  // namespace

std::vector<RouteSettings> settle_routes(const Sections& sections,
                                         const std::vector<ProviderSettings>& providers,
                                         const SecretSource& secrets, Findings& findings,
                                         std::vector<std::string>& warnings) {
  std::vector<RouteSettings> routes;
  for (const auto& [section, query_secret] : sections.routes) {
    RouteSettings route;
    settle_path(section, route, findings);
    settle_deliver(section, route, findings);
    settle_authorize(section, sections.routes.size() == 1, route, findings);
    settle_proofs(section, providers, query_secret.has_value(), route, findings);
    route.allowed_sources = settle_networks(section, "allowed_sources", findings);
    if (query_secret) settle_query_secret(*query_secret, secrets, route, findings, warnings);
    settle_replay(section, route, findings);
    settle_push(section, secrets, route, findings, warnings);
    check_readable(section, {"upstream_ca"}, secrets, findings);
    const bool taken = std::any_of(routes.begin(), routes.end(),
                                   [&](const RouteSettings& other) { return other.path == route.path; });
    if (taken && section.has("path"))
      findings.add(section.label("path"), in_quotes(route.path) + " has a route already; write another path");
    const bool asked = !route.authorize.empty() &&
                       std::any_of(routes.begin(), routes.end(), [&](const RouteSettings& other) {
                         return other.authorize == route.authorize;
                       });
    if (asked)
      findings.add(section.label("authorize"),
                   in_quotes(route.authorize) + " is another route's; write another");
    routes.push_back(std::move(route));
  }
  if (routes.empty()) {
    findings.add(sections.file,
                 "has no [[route]]; write one, for example with path = \"/api/callback\" and providers");
  }
  warn_of_unused(providers, routes, warnings);
  return routes;
}

}  // namespace callgate::config
