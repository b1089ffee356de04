// SPDX-License-Identifier: Apache-2.0
#include "command_line.hpp"

#include <algorithm>

#include "findings.hpp"
#include "flags.hpp"
#include "secrets.hpp"

namespace callgate::config {

Stop usage(const std::string& verb, const std::string& what) {
  return {2, "callgate " + verb + ": " + what + "\nSee callgate " + verb + " --help.\n"};
}

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

void add_admin(CLI::App& app, std::string& url, std::string& token_file) {
  app.add_option("--admin", url, "Ask the gateway whose administration is here instead")->type_name("URL");
  with_environment(app.add_option("--admin-token-file", token_file, "File with the token that --admin wants")
                       ->type_name("FILE"));
}

tl::expected<AdminAddress, Stop> read_admin(const std::string& verb, const std::string& url,
                                            const std::string& token_file) {
  auto parsed = http::parse_url(url);
  if (!parsed || parsed->target != "/") {
    const std::string shown = url.find('@') == std::string::npos ? in_quotes(url) : "this";
    return tl::unexpected(usage(verb, "--admin: " + shown +
                                          " is not the URL of a gateway; write for example "
                                          "http://127.0.0.1:9464"));
  }
  if (token_file.empty()) return AdminAddress{std::move(*parsed), {}};
  auto secret = system_secrets().from_file(token_file);
  if (!secret) return tl::unexpected(usage(verb, "--admin-token-file: " + secret.error().message));
  return AdminAddress{std::move(*parsed), std::move(secret->value)};
}

}  // namespace callgate::config
