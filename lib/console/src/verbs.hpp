// SPDX-License-Identifier: Apache-2.0
#pragma once
// One function for each verb; arguments are those behind the verb, the result is the exit code.

#include <callgate/config/settings.hpp>
#include <callgate/gate/explain.hpp>
#include <callgate/jose/key_set.hpp>
#include <string>
#include <vector>

namespace callgate::console {

int verify(const std::vector<std::string>& arguments);
int check(const std::vector<std::string>& arguments);
int keys(const std::vector<std::string>& arguments);
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
std::string key_set_json(const jose::KeySet& keys);

// The report as a table for a terminal, or as one JSON object.
std::string report_text(const gate::Report& report);
std::string report_json(const gate::Report& report);

}  // namespace callgate::console
