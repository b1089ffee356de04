// SPDX-License-Identifier: Apache-2.0
#include "settle.hpp"

#include "file_sections.hpp"

namespace callgate::config {
namespace {

void check_all_values(Sections& sections, Findings& findings) {
  for (Section* section : {&sections.server, &sections.limits, &sections.keys, &sections.log,
                           &sections.replay, &sections.inbox}) {
    check_values(*section, findings);
  }
  if (sections.tls) check_values(*sections.tls, findings);
  for (Section& provider : sections.providers) check_values(provider, findings);
  for (RouteSections& route : sections.routes) {
    check_values(route.route, findings);
    if (route.query_secret) check_values(*route.query_secret, findings);
  }
}

void settle_keys(const Section& keys, ServeSettings& settings, Findings& findings) {
  settings.key_cache.refresh = keys.span("refresh");
  settings.key_cache.refresh_window = keys.span("refresh_window");
  settings.key_cache.stale_max = keys.span("stale_max");
  settings.keys_cache_file = keys.text_or_empty("cache");
  if (settings.key_cache.stale_max < settings.key_cache.refresh) {
    findings.add(keys.label(keys.has("stale_max") ? "stale_max" : "refresh"),
                 "keys would be too old before they are fetched again; write " +
                     keys.name_for_reader("stale_max") + " at least as long as " +
                     keys.name_for_reader("refresh"));
  }
}

}  // namespace

ServeSettings settle(Sections sections, Needs needs, const SecretSource& secrets, Findings& findings) {
  check_all_values(sections, findings);
  ServeSettings settings;
  settings.config_file = sections.file.text;
  settle_keys(sections.keys, settings, findings);
  settings.log_json = sections.log.text("format") == "json";
  settings.log_level = sections.log.text_or_empty("level");
  settings.log_verdicts_per_second_max =
      static_cast<std::size_t>(sections.log.number("verdicts_per_second_max"));
  settings.replay_records_max = static_cast<std::size_t>(sections.replay.number("records_max"));
  settings.providers = settle_providers(sections, needs, secrets, findings);
  if (!needs.routes) return settings;
  settings.server = settle_server(sections, secrets, findings, settings.warnings);
  settings.routes = settle_routes(sections, settings.providers, secrets, findings, settings.warnings);
  settings.inbox = settle_inbox(sections, settings.routes, findings);
  return settings;
}

tl::expected<ServeSettings, std::string> parse_settings(std::string_view text, const std::string& file,
                                                        const std::string& folder,
                                                        const SecretSource& secrets) {
  Findings findings;
  Sections sections = parse_sections(text, file, folder, findings);
  // After a syntax error there is nothing to judge.
  if (sections.file.text.empty()) return tl::unexpected(findings.text(""));
  ServeSettings settings = settle(std::move(sections), {}, secrets, findings);
  if (!findings.empty()) return tl::unexpected(findings.text(""));
  return settings;
}

}  // namespace callgate::config
