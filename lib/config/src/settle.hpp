// SPDX-License-Identifier: Apache-2.0
#pragma once
// From what was written to what is run: values get their types, and what they mean together is judged. Every
// rule stands here once, whether its values came by flag or by file.

#include <callgate/config/settings.hpp>
#include <initializer_list>

#include "secrets.hpp"
#include "section.hpp"

namespace callgate::config {

// What the verb at hand can do without.
struct Needs {
  bool audience = true;
  bool routes = true;  // else neither routes nor the server are judged, and no secret is read
};

// Adds to `findings` all that is wrong; the settings count only if nothing was.
ServeSettings settle(Sections sections, Needs needs, const SecretSource& secrets, Findings& findings);

// The steps of settle(). What is allowed but looks wrong goes to `warnings`.
ServerSettings settle_server(const Sections& sections, const SecretSource& secrets, Findings& findings,
                             std::vector<std::string>& warnings);
std::vector<ProviderSettings> settle_providers(const Sections& sections, Needs needs,
                                               const SecretSource& secrets, Findings& findings);
std::vector<RouteSettings> settle_routes(const Sections& sections,
                                         const std::vector<ProviderSettings>& providers,
                                         const SecretSource& secrets, Findings& findings,
                                         std::vector<std::string>& warnings);

// What goes with handing over to an application later.
void settle_push(const Section& section, const SecretSource& secrets, RouteSettings& route,
                 Findings& findings, std::vector<std::string>& warnings);
InboxSettings settle_inbox(const Sections& sections, const std::vector<RouteSettings>& routes,
                           Findings& findings);

// A finding for each of these keys that names a file this user cannot read.
void check_readable(const Section& section, std::initializer_list<std::string_view> names,
                    const SecretSource& secrets, Findings& findings);

// The networks of a list; each that is none is a finding.
std::vector<http::Network> settle_networks(const Section& section, std::string_view name, Findings& findings);

// A whole configuration file from memory, as serve would read it without flags; or what is wrong, one finding
// a line.
tl::expected<ServeSettings, std::string> parse_settings(std::string_view text, const std::string& file,
                                                        const std::string& folder,
                                                        const SecretSource& secrets);

}  // namespace callgate::config
