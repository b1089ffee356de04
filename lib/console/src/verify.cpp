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
  const auto keys = load_keys(settings->provider);
  if (!keys) return stop(kNoKeys, keys.error().message);
  const base::WallTime now = settings->at.value_or(base::system_clock().wall());
  const gate::Report report = gate::explain(*token, settings->provider.provider, &*keys, now,
                                            body ? std::optional<std::string_view>(*body) : std::nullopt);
  std::fputs(settings->json ? (report_json(report) + "\n").c_str() : report_text(report).c_str(), stdout);
  return report.decision == gate::Decision::admit ? kAdmit : kRefuse;
}

}  // namespace callgate::console
