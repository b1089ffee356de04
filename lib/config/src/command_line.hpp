// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the command lines of several verbs have in common. Main thread, at the start.

#include <CLI/CLI.hpp>
#include <callgate/base/redacted.hpp>
#include <callgate/config/settings.hpp>
#include <string>
#include <vector>

namespace callgate::config {

// The largest configuration file that is read.
inline constexpr std::size_t kConfigFileBytesMax = std::size_t{1024} * 1024;

// `verb` as behind "callgate": "keys", "inbox list".
Stop usage(const std::string& verb, const std::string& what);

// Runs CLI11 over the arguments; it throws, we do not.
tl::expected<void, Stop> parse(CLI::App& app, const std::string& verb, std::vector<std::string> arguments);

// -o, --output: text or json.
void add_output(CLI::App& app, std::string& output);

// Of a file's path; empty: the one we are in.
std::string folder_of(const std::string& path);

// The address of a running gateway's administration and the token it wants.
struct AdminAddress {
  http::Url url;
  base::Redacted<std::string> token;
};
void add_admin(CLI::App& app, std::string& url, std::string& token_file);
// An empty `token_file`: no token is sent.
tl::expected<AdminAddress, Stop> read_admin(const std::string& verb, const std::string& url,
                                            const std::string& token_file);

}  // namespace callgate::config
