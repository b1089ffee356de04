// SPDX-License-Identifier: Apache-2.0
#include <callgate/base/time_text.hpp>
#include <callgate/config/file.hpp>
#include <sstream>

#include "command_line.hpp"
#include "file_sections.hpp"
#include "flags.hpp"
#include "settle.hpp"

namespace callgate::config {
namespace {

// The file, flags and environment over it, judged together.
tl::expected<ServeSettings, Stop> read_settings(const std::string& verb, const Flags& flags, Needs needs) {
  Findings findings;
  const std::string& file = flags.config_file();
  Sections sections;
  if (!file.empty()) {
    const auto text = load_file(file, kConfigFileBytesMax);
    if (!text) return tl::unexpected(usage(verb, "--config: " + text.error().message));
    sections = parse_sections(*text, file, folder_of(file), findings);
    if (sections.file.text.empty()) return tl::unexpected(Stop{2, findings.text(""), true});  // no TOML
  }
  flags.apply(sections, findings);
  ServeSettings settings = settle(std::move(sections), needs, system_secrets(), findings);
  if (findings.empty()) return settings;
  std::string what = findings.text("callgate " + verb + ": ");
  if (findings.has_flag()) what += "See callgate " + verb + " --help.\n";
  return tl::unexpected(Stop{2, std::move(what), findings.has_place()});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

}  // namespace

tl::expected<ServeSettings, Stop> read_serve(const std::vector<std::string>& arguments) {
  CLI::App app("Runs the gateway: verifies callbacks and hands on the genuine ones.", "callgate serve");
  const Flags flags(app, Flags::Reach::serve);
  if (auto parsed = parse(app, "serve", arguments); !parsed) return tl::unexpected(parsed.error());
  return read_settings("serve", flags, {});
}

tl::expected<VerifySettings, Stop> read_verify(const std::vector<std::string>& arguments) {
  CLI::App app(
      "Explains a token: every check with what was expected and found. Reads the token from standard input "
      "unless told otherwise.\nExit: 0 admit, 1 refuse, 2 usage, 3 keys could not be had.",
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
  const Flags flags(app, Flags::Reach::provider);
  if (auto parsed = parse(app, "verify", arguments); !parsed) return tl::unexpected(parsed.error());
  auto serve = read_settings("verify", flags, {.routes = false});
  if (!serve) return tl::unexpected(serve.error());
  settings.providers = std::move(serve->providers);
  settings.json = output == "json";
  if (at.empty()) return settings;
  settings.at = base::parse_rfc3339(at);
  if (!settings.at)
    return tl::unexpected(
        usage("verify", "--at: '" + at + "' is not a time; write for example 2026-09-30T08:15:42Z"));
  return settings;
}

tl::expected<CheckSettings, Stop> read_check(const std::vector<std::string>& arguments) {
  CLI::App app(
      "Checks the configuration that serve would run with; takes the flags and variables of serve.\nExit: 0 "
      "all is well, 1 a finding, 2 usage.",
      "callgate check");
  CheckSettings settings;
  std::string output = "text";
  app.add_flag("--online", settings.online, "Also fetch discovery document and keys, and compare clocks");
  add_output(app, output);
  const Flags flags(app, Flags::Reach::serve);
  if (auto parsed = parse(app, "check", arguments); !parsed) return tl::unexpected(parsed.error());
  settings.json = output == "json";
  auto serve = read_settings("check", flags, {});
  if (!serve && serve.error().of_file) {
    settings.faults = lines_of(serve.error().text);
    return settings;
  }
  if (!serve) return tl::unexpected(serve.error());
  settings.serve = std::move(*serve);
  return settings;
}

tl::expected<KeysSettings, Stop> read_keys(const std::vector<std::string>& arguments) {
  CLI::App app(
      "Shows the key set that this configuration gets now, or the one in use at a running gateway, with the "
      "keys that are not used and why.\nExit: 0, or 3 if no usable key could be had.",
      "callgate keys");
  KeysSettings settings;
  std::string output = "text";
  std::string admin;
  std::string token_file;
  add_output(app, output);
  add_admin(app, admin, token_file);
  const Flags flags(app, Flags::Reach::provider);
  if (auto parsed = parse(app, "keys", arguments); !parsed) return tl::unexpected(parsed.error());
  settings.json = output == "json";
  if (!admin.empty()) {
    auto address = read_admin("keys", admin, token_file);
    if (!address) return tl::unexpected(address.error());
    settings.admin = std::move(address->url);
    settings.admin_token = std::move(address->token);
    return settings;
  }
  auto serve = read_settings("keys", flags, {.audience = false, .routes = false});
  if (!serve) return tl::unexpected(serve.error());
  settings.providers = std::move(serve->providers);
  return settings;
}

tl::expected<VersionSettings, Stop> read_version(const std::vector<std::string>& arguments) {
  CLI::App app("Shows version, commit, compiler and the versions of the libraries.\nExit: 0, 2 usage.",
               "callgate version");
  std::string output = "text";
  add_output(app, output);
  if (auto parsed = parse(app, "version", arguments); !parsed) return tl::unexpected(parsed.error());
  return VersionSettings{output == "json"};
}

}  // namespace callgate::config
