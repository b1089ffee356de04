// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/policy/preset.hpp>

#include "nearest.hpp"
#include "settle.hpp"

namespace callgate::config {
namespace {

using std::chrono::seconds;

constexpr std::array<std::string_view, jose::kAlgorithmCount> kAlgorithms{
    "RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"};

void report_missing(const Section& section, std::string_view name, const std::string& what,
                    Findings& findings) {
  findings.add(section.label(name),
               (section.is_in_file() ? std::string(name) + " " : "") + "is missing" + what);
}

void check_url(const Section& section, std::string_view name, Findings& findings) {
  const auto text = section.text(name);
  if (!section.has(name) || !text) return;
  const auto url = http::parse_url(*text);
  if (!url) {
    // What stands before an '@' may be a password.
    findings.add(section.label(name), (text->find('@') == std::string::npos ? in_quotes(*text) : "this") +
                                          " is not a URL; write for example https://issuer.example");
  } else if (url->scheme == "http" && !section.is_on("insecure_http_issuer")) {
    findings.add(section.label(name), "http is not safe for keys; write https, or add " +
                                          section.name_for_reader("insecure_http_issuer") +
                                          " for an emulator");
  }
}

// One of the keys that only event-grid has, given for another preset.
void refuse_event_grid_keys(const Section& section, Findings& findings) {
  for (const char* name : {"tenant", "appid", "role"}) {
    if (section.has(name))
      findings.add(section.label(name), "is only for the preset event-grid; leave it out");
  }
}

policy::Preset settle_event_grid(const Section& section, Findings& findings) {
  const auto tenant = section.text("tenant");
  if (!section.has("tenant"))
    report_missing(section, "tenant", ": write your Entra tenant, a GUID", findings);
  if (tenant && !policy::is_guid(*tenant))
    findings.add(section.label("tenant"),
                 in_quotes(*tenant) + " is not a GUID; write the id of your Entra tenant");
  policy::Preset preset = policy::event_grid(tenant.value_or(""));
  for (policy::RequiredClaim& claim : preset.rules.required) {
    const std::string& name = claim.names.front();
    const auto other = section.text(name == "appid" ? "appid" : name == "roles" ? "role" : "");
    if (other) claim.any_of = {*other};
  }
  if (const auto issuer = section.text("issuer")) {
    preset.rules.issuer = *issuer;
    preset.rules.more_issuers.clear();
    preset.discovery = policy::generic(*issuer).discovery;
  }
  return preset;
}

policy::Preset settle_preset(const Section& section, Findings& findings) {
  const std::string name = section.text_or_empty("preset");
  if (name == "event-grid") return settle_event_grid(section, findings);
  if (section.find("preset") != nullptr || !section.has("preset")) refuse_event_grid_keys(section, findings);
  if (name == "generic") {
    if (!section.has("issuer"))
      report_missing(section, "issuer", ": the preset generic knows none; write the URL of the issuer",
                     findings);
    return policy::generic(section.text_or_empty("issuer"));
  }
  return policy::call_automation(section.text("issuer").value_or(policy::kCallAutomationIssuer));
}

jose::AlgorithmSet settle_algorithms(const Section& section, const policy::Preset& preset,
                                     Findings& findings) {
  if (!section.has("algorithms")) return preset.algorithms;
  jose::AlgorithmSet algorithms;
  const Entry* entry = section.find("algorithms");
  if (entry != nullptr && entry->items.empty())
    findings.add(entry->label, "is empty; write for example [\"RS256\"], or leave it out");
  for (const Item& item : section.items("algorithms")) {
    if (const auto algorithm = jose::parse_algorithm(item.text)) {
      algorithms.add(*algorithm);
    } else if (item.text.starts_with("HS") || item.text == "none") {
      findings.add(item.label,
                   in_quotes(item.text) +
                       " is not asymmetric: whoever checks such tokens could make them, or anyone "
                       "could; write for example RS256");
    } else {
      findings.add(item.label, in_quotes(item.text) +
                                   " is not an algorithm that is known here; write for example "
                                   "RS256" +
                                   did_you_mean(item.text, kAlgorithms));
    }
  }
  return algorithms;
}

void settle_audiences(const Section& section, Needs needs, ProviderSettings& settings, Findings& findings) {
  constexpr const char* kWhy =
      ": without it tokens made for other people's resources would pass; write what tokens must be meant "
      "for, "
      "for Call Automation the immutable resource ID of your resource, a GUID";
  if (!section.has("audiences")) {
    if (needs.audience) report_missing(section, "audiences", kWhy, findings);
    return;
  }
  const Entry* entry = section.find("audiences");
  if (entry != nullptr && entry->items.empty()) findings.add(entry->label, std::string("is empty") + kWhy);
  for (const Item& item : section.items("audiences")) {
    settings.provider.rules.audiences.push_back(item.text);
    if (settings.preset == "call-automation" && !policy::is_guid(item.text)) {
      settings.warnings.push_back("audience " + in_quotes(item.text) +
                                  " is not a GUID; the service puts the immutable resource ID there");
    }
  }
}

bool is_plain_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  });
}

void settle_name(const Section& section, ProviderSettings& settings, Findings& findings) {
  settings.provider.name = section.text_or_empty("name");
  if (!section.has("name")) report_missing(section, "name", "; write for example name = \"acs\"", findings);
  if (section.find("name") != nullptr && !is_plain_name(settings.provider.name)) {
    findings.add(section.label("name"), in_quotes(settings.provider.name) +
                                            " is not a plain name; write 1 to 32 of a-z, 0-9 and '-'");
  }
}

ProviderSettings settle_provider(const Section& section, const Section& keys, Needs needs,
                                 const SecretSource& secrets, Findings& findings) {
  const policy::Preset preset = settle_preset(section, findings);
  ProviderSettings settings;
  settings.preset = preset.name;
  if (settings.preset == "event-grid")
    settings.provider.envelope = gate::Envelope::cloud_events_or_event_grid;
  settings.provider.one_token_per_event = preset.one_token_per_event;
  settle_name(section, settings, findings);
  settings.provider.rules = preset.rules;
  settle_audiences(section, needs, settings, findings);
  policy::Rules& rules = settings.provider.rules;
  settings.provider.algorithms = settle_algorithms(section, preset, findings);
  rules.clock_skew = std::chrono::duration_cast<seconds>(section.span("clock_skew"));
  if (section.find("max_lifetime") != nullptr)
    rules.max_lifetime = std::chrono::duration_cast<seconds>(section.span("max_lifetime"));
  rules.require_issued_at = section.is_on("require_issued_at");
  settings.issuer = {.issuer = rules.issuer,
                     .discovery = section.text("discovery").value_or(preset.discovery),
                     .insecure_http = section.is_on("insecure_http_issuer"),
                     .private_addresses = section.is_on("private_addresses")};
  settings.keys_file = section.text_or_empty("keys");
  settings.ca_file = section.text("ca").value_or(keys.text_or_empty("ca"));
  // Who only asks for keys is told by that when there are none.
  if (needs.routes) check_readable(section, {"keys", "ca"}, secrets, findings);
  if (!section.has("keys")) {
    check_url(section, "issuer", findings);
    check_url(section, "discovery", findings);
  }
  return settings;
}

}  // namespace

std::vector<ProviderSettings> settle_providers(const Sections& sections, Needs needs,
                                               const SecretSource& secrets, Findings& findings) {
  std::vector<ProviderSettings> providers;
  if (needs.routes) check_readable(sections.keys, {"ca"}, secrets, findings);
  for (const Section& section : sections.providers) {
    ProviderSettings settings = settle_provider(section, sections.keys, needs, secrets, findings);
    const bool taken = std::any_of(providers.begin(), providers.end(), [&](const ProviderSettings& other) {
      return !other.provider.name.empty() && other.provider.name == settings.provider.name;
    });
    if (taken)
      findings.add(section.label("name"),
                   in_quotes(settings.provider.name) + " is taken; write another name");
    providers.push_back(std::move(settings));
  }
  if (providers.empty() && !needs.routes)
    findings.add(sections.file, "has no [[provider]]; write one, or give --audience");
  return providers;
}

}  // namespace callgate::config
