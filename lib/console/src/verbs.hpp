// SPDX-License-Identifier: Apache-2.0
#pragma once
// One function for each verb; arguments are those behind the verb, the result is the exit code.

#include <callgate/config/settings.hpp>
#include <callgate/gate/explain.hpp>
#include <callgate/jose/key_set.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::console {

int verify(const std::vector<std::string>& arguments);
int check(const std::vector<std::string>& arguments);
int keys(const std::vector<std::string>& arguments);
int inbox(const std::vector<std::string>& arguments);
int version(const std::vector<std::string>& arguments);

// One thing that check looked at.
struct Checked {
  bool well;
  std::string what;
  std::string detail;
};

std::vector<Checked> check_settings(const config::CheckSettings& settings);
std::string checked_text(const std::vector<Checked>& checks);
std::string checked_json(const std::vector<Checked>& checks);

// The key set that a provider gets now: from its file, or from the issuer.
base::Result<jose::KeySet> load_keys(const config::ProviderSettings& provider);
// The set with what is not used and why.
std::string key_set_text(const jose::KeySet& keys);

struct ProviderKeys {
  std::string provider;
  jose::KeySet keys;
};
// With a heading for each if there are several.
std::string key_sets_text(const std::vector<ProviderKeys>& sets);
std::string key_sets_json(const std::vector<ProviderKeys>& sets);

// Where among the reports of several providers is the one to show: the first that admits, else the one that
// got furthest, the first of equals. There must be one at least.
std::size_t find_telling(const std::vector<gate::Report>& reports);

// The report as a table for a terminal, or as one JSON object. The provider's name is shown if given.
std::string report_text(const gate::Report& report, std::string_view provider = {});
std::string report_json(const gate::Report& report, std::string_view provider = {});

}  // namespace callgate::console
