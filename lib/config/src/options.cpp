// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/base/time_text.hpp>
#include <callgate/config/duration.hpp>
#include <sstream>
#include <thread>

#include "provider_options.hpp"

namespace callgate::config {
namespace {

using std::chrono::milliseconds;

Stop usage(const std::string& verb, const std::string& what) {
  return {2, "callgate " + verb + ": " + what + "\nSee callgate " + verb + " --help.\n"};
}

// Runs CLI11 over the arguments; it throws, we do not.
tl::expected<void, Stop> parse(CLI::App& app, const std::string& verb, std::vector<std::string> arguments) {
  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
    return {};
  } catch (const CLI::CallForHelp&) {
    return tl::unexpected(Stop{0, app.help()});
  } catch (const CLI::ParseError& error) {
    return tl::unexpected(usage(verb, error.what()));
  }
}

tl::expected<http::Endpoint, Stop> read_endpoint(const std::string& flag, const std::string& text) {
  if (auto endpoint = http::parse_endpoint(text)) return *endpoint;
  return tl::unexpected(usage(
      "serve", flag + ": '" + text + "' is not an address; write for example 127.0.0.1:8080 or [::1]:8080"));
}

void add_output(CLI::App& app, std::string& output) {
  app.add_option("-o,--output", output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

unsigned default_workers() {
  return std::max(1U, std::thread::hardware_concurrency());
}

struct ServeOptions {
  std::string listen = "127.0.0.1:8080";
  std::string admin = "127.0.0.1:9464";
  unsigned workers = default_workers();
  std::string path = "/api/callback";
  std::string upstream;
  std::string log_format = "text";
  std::string log_level = "info";
  std::string keys_cache_file;
  oidc::KeyCacheSettings key_cache;

  void add_to(CLI::App& app) {
    with_environment(app.add_option("--listen", listen, "Where callbacks arrive; port 0 picks one")
                         ->capture_default_str());
    with_environment(
        app.add_option("--admin", admin, "Where health is served, or 'off'")->capture_default_str());
    with_environment(app.add_option("--workers", workers, "Event loops, one per core")
                         ->check(CLI::Range(1U, 256U))
                         ->capture_default_str());
    with_environment(
        app.add_option("--path", path, "Path of the callbacks, and what is below it")->capture_default_str());
    with_environment(app.add_option("--upstream", upstream,
                                    "Application that receives admitted callbacks (http://host:port)")
                         ->type_name("URL"));
    with_environment(app.add_option("--keys-cache", keys_cache_file,
                                    "Keep the last good keys here, for a restart during an outage")
                         ->type_name("FILE"));
    add_duration(app, "--keys-refresh", key_cache.refresh, "How often keys are fetched in the background");
    add_duration(app, "--keys-refresh-window", key_cache.refresh_window,
                 "At most one refresh for unknown key ids in this time");
    add_duration(app, "--keys-stale-max", key_cache.stale_max,
                 "How long keys serve while the issuer is down");
    with_environment(app.add_option("--log-format", log_format, "text or json")
                         ->check(CLI::IsMember({"text", "json"}))
                         ->capture_default_str());
    with_environment(app.add_option("--log-level", log_level, "Least level that is logged")
                         ->check(CLI::IsMember({"debug", "info", "warning", "error"}))
                         ->capture_default_str());
  }

  tl::expected<ServeSettings, Stop> finish(ProviderSettings provider) const {
    ServeSettings settings;
    const auto where = read_endpoint("--listen", listen);
    if (!where) return tl::unexpected(where.error());
    settings.listen = *where;
    settings.admin.reset();
    if (admin != "off") {
      const auto admin_where = read_endpoint("--admin", admin);
      if (!admin_where) return tl::unexpected(admin_where.error());
      settings.admin = *admin_where;
    }
    if (!path.starts_with('/') || path.find_first_of("?#% ") != std::string::npos) {
      return tl::unexpected(
          usage("serve", "--path: '" + path + "' is not a plain path; write for example /api/callback"));
    }
    if (!upstream.empty()) {
      settings.upstream = http::parse_url(upstream);
      if (!settings.upstream || settings.upstream->scheme != "http" || settings.upstream->target != "/") {
        return tl::unexpected(usage(
            "serve",
            "--upstream: '" + upstream + "' is not http://host:port; https and paths are not supported yet"));
      }
    }
    if (key_cache.refresh < milliseconds{1000} || key_cache.refresh_window < milliseconds{1000} ||
        key_cache.stale_max < key_cache.refresh) {
      return tl::unexpected(usage("serve",
                                  "--keys-refresh and --keys-refresh-window are at least 1s, "
                                  "--keys-stale-max at least --keys-refresh"));
    }
    settings.path = path;
    settings.workers = workers;
    settings.provider = std::move(provider);
    settings.key_cache = key_cache;
    settings.keys_cache_file = keys_cache_file;
    settings.log_json = log_format == "json";
    settings.log_level = log_level;
    return settings;
  }
};

}  // namespace

tl::expected<ServeSettings, Stop> read_serve(const std::vector<std::string>& arguments) {
  CLI::App app("Runs the gateway: verifies callbacks and hands on the genuine ones.", "callgate serve");
  ServeOptions options;
  options.add_to(app);
  const ProviderOptions provider(app);
  if (auto parsed = parse(app, "serve", arguments); !parsed) return tl::unexpected(parsed.error());
  auto provider_settings = provider.finish();
  if (!provider_settings) return tl::unexpected(usage("serve", provider_settings.error()));
  return options.finish(std::move(*provider_settings));
}

tl::expected<VerifySettings, Stop> read_verify(const std::vector<std::string>& arguments) {
  CLI::App app(
      "Explains a token: every check with what was expected and found. Reads the token from standard input "
      "unless told "
      "otherwise.\nExit: 0 admit, 1 refuse, 2 usage, 3 keys could not be had.",
      "callgate verify");
  VerifySettings settings;
  std::string at;
  std::string output = "text";
  auto* token =
      app.add_option("--token", settings.token, "The token; others can see it in the list of processes");
  app.add_option("--token-file", settings.token_file, "File that holds the token")
      ->type_name("FILE")
      ->excludes(token);
  app.add_option("--body", settings.body_file, "File with the callback's body, to check its events")
      ->type_name("FILE");
  app.add_option("--at", at, "Judge as of this time, RFC 3339")->type_name("TIME");
  add_output(app, output);
  const ProviderOptions provider(app);
  if (auto parsed = parse(app, "verify", arguments); !parsed) return tl::unexpected(parsed.error());
  auto provider_settings = provider.finish();
  if (!provider_settings) return tl::unexpected(usage("verify", provider_settings.error()));
  settings.provider = std::move(*provider_settings);
  settings.json = output == "json";
  if (!at.empty()) {
    settings.at = base::parse_rfc3339(at);
    if (!settings.at)
      return tl::unexpected(
          usage("verify", "--at: '" + at + "' is not a time; write for example 2026-09-30T08:15:42Z"));
  }
  return settings;
}

tl::expected<CheckSettings, Stop> read_check(const std::vector<std::string>& arguments) {
  CLI::App app(
      "Checks the configuration that serve would run with; takes the flags and variables of serve.\nExit: 0 "
      "all is well, "
      "1 a finding, 2 usage.",
      "callgate check");
  CheckSettings settings;
  std::string output = "text";
  ServeOptions options;
  options.add_to(app);
  app.add_flag("--online", settings.online, "Also fetch discovery document and keys, and compare clocks");
  add_output(app, output);
  const ProviderOptions provider(app);
  if (auto parsed = parse(app, "check", arguments); !parsed) return tl::unexpected(parsed.error());
  auto provider_settings = provider.finish();
  if (!provider_settings) return tl::unexpected(usage("check", provider_settings.error()));
  auto serve = options.finish(std::move(*provider_settings));
  if (!serve) return tl::unexpected(serve.error());
  settings.serve = std::move(*serve);
  settings.json = output == "json";
  return settings;
}

tl::expected<KeysSettings, Stop> read_keys(const std::vector<std::string>& arguments) {
  CLI::App app(
      "Shows the key set that this configuration gets now, with the keys that are not used and why.\nExit: "
      "0, or 3 if "
      "no usable key could be had.",
      "callgate keys");
  KeysSettings settings;
  std::string output = "text";
  add_output(app, output);
  const ProviderOptions provider(app);
  if (auto parsed = parse(app, "keys", arguments); !parsed) return tl::unexpected(parsed.error());
  auto provider_settings = provider.finish_without_audience();
  if (!provider_settings) return tl::unexpected(usage("keys", provider_settings.error()));
  settings.provider = std::move(*provider_settings);
  settings.json = output == "json";
  return settings;
}

}  // namespace callgate::config
