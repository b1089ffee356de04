// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/base/time_text.hpp>
#include <callgate/config/file.hpp>
#include <sstream>

#include "file_sections.hpp"
#include "flags.hpp"
#include "settle.hpp"

namespace callgate::config {
namespace {

constexpr std::size_t kFileBytesMax = std::size_t{1024} * 1024;

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

void add_output(CLI::App& app, std::string& output) {
  app.add_option("-o,--output", output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
}

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? "" : path.substr(0, std::max<std::size_t>(slash, 1));
}

// The file, flags and environment over it, judged together.
tl::expected<ServeSettings, Stop> read_settings(const std::string& verb, const Flags& flags, Needs needs) {
  Findings findings;
  const std::string& file = flags.config_file();
  Sections sections;
  if (!file.empty()) {
    const auto text = load_file(file, kFileBytesMax);
    if (!text) return tl::unexpected(usage(verb, "--config: " + text.error().message));
    sections = parse_sections(*text, file, folder_of(file), findings);
    if (sections.file.text.empty()) return tl::unexpected(Stop{2, findings.text(""), true});  // no TOML
  }
  flags.apply(sections, findings);
  ServeSettings settings = settle(std::move(sections), needs, system_secrets(), findings);
  if (findings.empty()) return settings;
  std::string what = findings.text("callgate " + verb + ": ");
  if (findings.has_flag()) what += "See callgate " + verb + " --help.\n";
  return tl::unexpected(Stop{2, std::move(what), !findings.has_flag()});
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) lines.push_back(std::move(line));
  return lines;
}

// The address of a running gateway's administration and the token it wants.
tl::expected<void, Stop> read_admin(const std::string& url, const std::string& token_file,
                                    KeysSettings& settings) {
  settings.admin = http::parse_url(url);
  if (!settings.admin || settings.admin->target != "/") {
    const std::string shown = url.find('@') == std::string::npos ? in_quotes(url) : "this";
    return tl::unexpected(usage("keys", "--admin: " + shown +
                                            " is not the URL of a gateway; write for example "
                                            "http://127.0.0.1:9464"));
  }
  if (token_file.empty()) return {};
  auto secret = system_secrets().from_file(token_file);
  if (!secret) return tl::unexpected(usage("keys", "--admin-token-file: " + secret.error().message));
  settings.admin_token = std::move(secret->value);
  return {};
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
  app.add_option("--admin", admin, "Ask the gateway whose administration is here instead")->type_name("URL");
  with_environment(app.add_option("--admin-token-file", token_file, "File with the token that --admin wants")
                       ->type_name("FILE"));
  const Flags flags(app, Flags::Reach::provider);
  if (auto parsed = parse(app, "keys", arguments); !parsed) return tl::unexpected(parsed.error());
  settings.json = output == "json";
  if (!admin.empty()) {
    if (auto read = read_admin(admin, token_file, settings); !read) return tl::unexpected(read.error());
    return settings;
  }
  auto serve = read_settings("keys", flags, {.audience = false, .routes = false});
  if (!serve) return tl::unexpected(serve.error());
  settings.providers = std::move(serve->providers);
  return settings;
}

}  // namespace callgate::config
