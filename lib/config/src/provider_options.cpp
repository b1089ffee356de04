// SPDX-License-Identifier: Apache-2.0
#include "provider_options.hpp"

#include <algorithm>
#include <callgate/config/duration.hpp>
#include <callgate/policy/preset.hpp>

namespace callgate::config {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kClockSkewMax{300};
constexpr std::chrono::hours kLifetimeMax{24};

std::string environment_name(const std::string& flag) {
  std::string name = "CALLGATE_";
  for (const char c : flag.substr(flag.find_first_not_of('-'))) {
    name += c == '-' ? '_' : static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return name;
}

auto wrong(std::string what) {
  return tl::unexpected(std::move(what));
}

tl::expected<void, std::string> check_url(const std::string& text, const std::string& flag,
                                          bool insecure_http) {
  const auto url = http::parse_url(text);
  if (!url) return wrong(flag + ": '" + text + "' is not a URL; write for example https://issuer.example");
  if (url->scheme == "http" && !insecure_http) {
    return wrong(flag +
                 ": http is not safe for keys; write https, or add --insecure-http-issuer for an emulator");
  }
  return {};
}

}  // namespace

CLI::Option* with_environment(CLI::Option* option) {
  return option->envname(environment_name(option->get_name()));
}

CLI::Option* add_duration(CLI::App& app, const std::string& name, milliseconds& target,
                          const std::string& help) {
  const auto read = [&target, name](const std::string& text) {
    const auto span = parse_duration(text);
    if (!span)
      throw CLI::ValidationError(name, "'" + text + "' is not a duration; write for example 30s, 5m or 12h");
    target = *span;
  };
  CLI::Option* option = app.add_option_function<std::string>(name, read, help);
  return with_environment(option->default_str(format_duration(target))->type_name("DURATION"));
}

ProviderOptions::ProviderOptions(CLI::App& app) {
  const policy::Preset preset = policy::call_automation();
  issuer_ = preset.rules.issuer;
  clock_skew_ = preset.rules.clock_skew;
  max_lifetime_ = preset.rules.max_lifetime;
  with_environment(
      app.add_option("--audience", audiences_,
                     "Immutable resource ID (a GUID) that tokens must be meant for; repeatable, required")
          ->delimiter(',')
          ->allow_extra_args(false)
          ->type_name("GUID"));
  with_environment(
      app.add_option("--issuer", issuer_, "Issuer that tokens must name")->capture_default_str());
  with_environment(
      app.add_option("--discovery", discovery_,
                     "URL of the issuer's discovery document; by default the service's path below --issuer")
          ->type_name("URL"));
  with_environment(app.add_option("--keys", keys_file_, "Pinned key set (JWKS file): nothing is fetched")
                       ->type_name("FILE"));
  with_environment(app.add_option("--keys-ca", ca_file_,
                                  "PEM certificates to trust towards the issuer instead of the system's")
                       ->type_name("FILE"));
  with_environment(app.add_flag("--insecure-http-issuer", insecure_http_,
                                "Permit http:// for issuer and keys; for the emulator only"));
  add_duration(app, "--clock-skew", clock_skew_, "How far clocks may differ, at most 5m");
  add_duration(app, "--max-lifetime", max_lifetime_, "Longest life of a token, at most 24h");
  with_environment(app.add_flag("--require-issued-at", require_issued_at_, "Refuse tokens without iat"));
}

tl::expected<ProviderSettings, std::string> ProviderOptions::finish() const {
  if (audiences_.empty() || std::find(audiences_.begin(), audiences_.end(), "") != audiences_.end()) {
    return wrong(
        "--audience is missing or empty: without it tokens made for other people's resources would pass; "
        "give the "
        "immutable resource ID of your resource, a GUID");
  }
  return finish_without_audience();
}

tl::expected<ProviderSettings, std::string> ProviderOptions::finish_without_audience() const {
  if (clock_skew_ > kClockSkewMax)
    return wrong("--clock-skew: at most 5m; more doubles the life of a stolen token");
  if (max_lifetime_ > kLifetimeMax || max_lifetime_ < seconds{1})
    return wrong("--max-lifetime: from 1s to 24h");
  if (issuer_.empty()) return wrong("--issuer is empty; leave it out for the Call Automation service");
  const policy::Preset preset = policy::call_automation(issuer_);
  const std::string discovery = discovery_.empty() ? preset.discovery : discovery_;
  if (keys_file_.empty()) {
    if (auto checked = check_url(issuer_, "--issuer", insecure_http_); !checked)
      return wrong(checked.error());
    if (auto checked = check_url(discovery, "--discovery", insecure_http_); !checked)
      return wrong(checked.error());
  }
  ProviderSettings settings;
  settings.provider = {.name = "acs", .algorithms = preset.algorithms, .rules = preset.rules};
  policy::Rules& rules = settings.provider.rules;
  rules.audiences = audiences_;
  rules.clock_skew = std::chrono::duration_cast<seconds>(clock_skew_);
  rules.max_lifetime = std::chrono::duration_cast<seconds>(max_lifetime_);
  rules.require_issued_at = require_issued_at_;
  settings.issuer = {.issuer = issuer_, .discovery = discovery, .insecure_http = insecure_http_};
  settings.keys_file = keys_file_;
  settings.ca_file = ca_file_;
  for (const std::string& audience : audiences_) {
    if (policy::is_guid(audience)) continue;
    settings.warnings.push_back("audience '" + audience +
                                "' is not a GUID; the service puts the immutable resource ID there");
  }
  return settings;
}

}  // namespace callgate::config
