// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <callgate/json/writer.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/oidc/discovery.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr int kWell = 0, kFinding = 1;
constexpr std::chrono::seconds kClockOffsetMax{15};

void judge_keys(const jose::KeySet& keys, const std::string& where, std::vector<Checked>& out) {
  out.push_back({!keys.keys().empty(), "keys", fmt::format("{}: {} usable", where, keys.keys().size())});
  for (const jose::SkippedKey& key : keys.skipped()) {
    out.push_back({false, "keys", fmt::format("key {} is not used: {}", json::quote(key.kid), key.why)});
  }
}

void judge_clock(base::WallTime server, std::vector<Checked>& out) {
  const auto offset = std::chrono::round<std::chrono::seconds>(server - base::system_clock().wall());
  const bool well = std::chrono::abs(offset) < kClockOffsetMax;
  out.push_back({well, "clock",
                 fmt::format("the issuer's clock is {} s {} ours{}", std::abs(offset.count()),
                             offset.count() < 0 ? "behind" : "ahead of",
                             well ? "" : "; compare ours with a time server")});
}

void check_issuer(const config::ServeSettings& serve, std::vector<Checked>& out) {
  const auto fetcher = keys_http::make_curl_fetcher({.ca_file = serve.provider.ca_file});
  const oidc::Issuer& issuer = serve.provider.issuer;
  const auto reading = oidc::IssuerReader(issuer).read(*fetcher);
  if (!reading) {
    out.push_back({false, "issuer",
                   fmt::format("{} ({})", reading.error().message, oidc::to_text(reading.error().cause))});
    return;
  }
  out.push_back({true, "issuer", issuer.issuer});
  judge_keys(*reading->keys, "from the issuer", out);
  if (reading->server_time) judge_clock(*reading->server_time, out);
}

}  // namespace

std::vector<Checked> check_settings(const config::CheckSettings& settings) {
  std::vector<Checked> out;
  const config::ProviderSettings& provider = settings.serve.provider;
  for (const std::string& warning : provider.warnings) out.push_back({false, "configuration", warning});
  if (out.empty()) out.push_back({true, "configuration", "nothing to say"});
  if (!provider.keys_file.empty()) {
    const auto keys = load_keys(provider);
    if (keys) {
      judge_keys(*keys, "pinned", out);
    } else {
      out.push_back({false, "keys", keys.error().message});
    }
  } else if (settings.online) {
    check_issuer(settings.serve, out);
  }
  return out;
}

std::string checked_text(const std::vector<Checked>& checks) {
  std::string out;
  for (const Checked& check : checks)
    out += fmt::format("{:<8} {:<14} {}\n", check.well ? "ok" : "FINDING", check.what, check.detail);
  return out;
}

std::string checked_json(const std::vector<Checked>& checks) {
  json::Writer out;
  out.begin_object().name("checks").begin_array();
  for (const Checked& check : checks) {
    out.begin_object()
        .member("ok", check.well)
        .member("what", std::string_view(check.what))
        .member("detail", std::string_view(check.detail))
        .end_object();
  }
  out.end_array().end_object();
  return out.take();
}

int check(const std::vector<std::string>& arguments) {
  const auto settings = config::read_check(arguments);
  if (!settings) {
    std::fputs(settings.error().text.c_str(), settings.error().exit_code == 0 ? stdout : stderr);
    return settings.error().exit_code;
  }
  const auto checks = check_settings(*settings);
  std::fputs(settings->json ? (checked_json(checks) + "\n").c_str() : checked_text(checks).c_str(), stdout);
  for (const Checked& one : checks) {
    if (!one.well) return kFinding;
  }
  return kWell;
}

}  // namespace callgate::console
