// SPDX-License-Identifier: Apache-2.0
#include <callgate/config/file.hpp>
#include <callgate/config/settings.hpp>
#include <cstdio>
#include <optional>

#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr int kAdmit = 0, kRefuse = 1, kUsage = 2, kNoKeys = 3;
constexpr std::size_t kTokenFileBytesMax = std::size_t{1024} * 1024;
constexpr std::size_t kBodyBytesMax = std::size_t{1024} * 1024;

int stop(int exit_code, const std::string& what) {
  std::fprintf(stderr, "callgate verify: %s\n", what.c_str());
  return exit_code;
}

base::Result<std::string> read_token(const config::VerifySettings& settings) {
  if (!settings.token.empty()) return settings.token;
  return config::load_file(settings.token_file.empty() ? "-" : settings.token_file, kTokenFileBytesMax);
}

// Every provider in turn, until one admits. Without the keys of one of them a refusal is not sure.
int judge(const config::VerifySettings& settings, const std::string& token,
          const std::optional<std::string>& body, base::WallTime now) {
  std::vector<gate::Report> reports;
  std::vector<std::string> names;
  std::string missing;
  for (const config::ProviderSettings& provider : settings.providers) {
    const auto keys = load_keys(provider);
    if (!keys) {
      if (missing.empty()) missing = provider.provider.name + ": " + keys.error().message;
      continue;
    }
    reports.push_back(gate::explain(token, provider.provider, &*keys, now,
                                    body ? std::optional<std::string_view>(*body) : std::nullopt));
    names.push_back(provider.provider.name);
    if (reports.back().decision == gate::Decision::admit) break;
  }
  const bool admitted = !reports.empty() && reports.back().decision == gate::Decision::admit;
  if (!admitted && !missing.empty()) return stop(kNoKeys, missing);
  if (reports.empty()) return stop(kUsage, "no provider is configured: give --audience, or a file with one");
  const std::size_t telling = find_telling(reports);
  const std::string_view name = settings.providers.size() > 1 ? names[telling] : std::string_view();
  std::fputs(settings.json ? (report_json(reports[telling], name) + "\n").c_str()
                           : report_text(reports[telling], name).c_str(),
             stdout);
  return admitted ? kAdmit : kRefuse;
}

}  // namespace

int verify(const std::vector<std::string>& arguments) {
  const auto settings = config::read_verify(arguments);
  if (!settings) {
    std::fputs(settings.error().text.c_str(), settings.error().exit_code == 0 ? stdout : stderr);
    return settings.error().exit_code;
  }
  const auto token = read_token(*settings);
  if (!token) return stop(kUsage, token.error().message);
  std::optional<std::string> body;
  if (!settings->body_file.empty()) {
    auto text = config::load_file(settings->body_file, kBodyBytesMax);
    if (!text) return stop(kUsage, text.error().message);
    body = std::move(*text);
  }
  const base::WallTime now = settings->at.value_or(base::system_clock().wall());
  return judge(*settings, *token, body, now);
}

}  // namespace callgate::console
