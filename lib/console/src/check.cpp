// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <callgate/config/proxies.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/net/tls.hpp>
#include <callgate/oidc/discovery.hpp>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr int kWell = 0, kFinding = 1;
constexpr std::chrono::seconds kClockOffsetMax{15};

// What was looked at, and of which provider: "keys of acs".
std::string of(const std::string& what, const config::ProviderSettings& provider) {
  return what + " of " + provider.provider.name;
}

void judge_keys(const config::ProviderSettings& provider, const jose::KeySet& keys, const std::string& where,
                std::vector<Checked>& out) {
  const std::string what = of("keys", provider);
  out.push_back({!keys.keys().empty(), what, fmt::format("{}: {} usable", where, keys.keys().size())});
  for (const jose::SkippedKey& key : keys.skipped()) {
    out.push_back({false, what, fmt::format("key {} is not used: {}", json::quote(key.kid), key.why)});
  }
}

void judge_clock(const config::ProviderSettings& provider, base::WallTime server, std::vector<Checked>& out) {
  const auto offset = std::chrono::round<std::chrono::seconds>(server - base::system_clock().wall());
  const bool well = std::chrono::abs(offset) < kClockOffsetMax;
  out.push_back({well, of("clock", provider),
                 fmt::format("the issuer's clock is {} s {} ours{}", std::abs(offset.count()),
                             offset.count() < 0 ? "behind" : "ahead of",
                             well ? "" : "; compare ours with a time server")});
}

void check_issuer(const config::ProviderSettings& provider, std::vector<Checked>& out) {
  const auto fetcher =
      keys_http::make_curl_fetcher({.ca_file = provider.ca_file, .proxies = config::read_proxies()});
  const oidc::Issuer& issuer = provider.issuer;
  const auto reading = oidc::IssuerReader(issuer).read(*fetcher);
  if (!reading) {
    out.push_back({false, of("issuer", provider),
                   fmt::format("{} ({})", reading.error().message, oidc::to_text(reading.error().cause))});
    return;
  }
  out.push_back({true, of("issuer", provider), issuer.issuer});
  judge_keys(provider, *reading->keys, "from the issuer", out);
  if (reading->server_time) judge_clock(provider, *reading->server_time, out);
}

void check_pinned(const config::ProviderSettings& provider, std::vector<Checked>& out) {
  const auto keys = load_keys(provider);
  if (keys) {
    judge_keys(provider, *keys, "pinned", out);
  } else {
    out.push_back({false, of("keys", provider), keys.error().message});
  }
}

void check_certificate(const config::TlsSettings& tls, std::vector<Checked>& out) {
  const auto context = net::TlsContext::load({tls.certificate, tls.key, tls.client_ca});
  if (!context) return out.push_back({false, "certificate", context.error().message});
  const std::string& warning = (*context)->warning();
  out.push_back(
      {warning.empty(), "certificate", warning.empty() ? "SHA-256 " + (*context)->fingerprint() : warning});
}

}  // namespace

std::vector<Checked> check_settings(const config::CheckSettings& settings) {
  std::vector<Checked> out;
  for (const std::string& fault : settings.faults) out.push_back({false, "configuration", fault});
  if (!out.empty()) return out;
  const config::ServeSettings& serve = settings.serve;
  for (const std::string& warning : serve.warnings) out.push_back({false, "configuration", warning});
  for (const config::ProviderSettings& provider : serve.providers) {
    for (const std::string& warning : provider.warnings) {
      out.push_back({false, of("configuration", provider), warning});
    }
  }
  if (out.empty()) out.push_back({true, "configuration", "nothing to say"});
  if (serve.server.tls) check_certificate(*serve.server.tls, out);
  for (const config::ProviderSettings& provider : serve.providers) {
    if (!provider.keys_file.empty()) {
      check_pinned(provider, out);
    } else if (settings.online) {
      check_issuer(provider, out);
    }
  }
  return out;
}

std::string checked_text(const std::vector<Checked>& checks) {
  std::size_t width = 0;
  for (const Checked& check : checks) width = std::max(width, check.what.size());
  std::string out;
  for (const Checked& check : checks) {
    out += fmt::format("{:<8} {:<{}}  {}\n", check.well ? "ok" : "FINDING", check.what, width, check.detail);
  }
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
  // As serve says them.
  for (const std::string& fault : settings->faults) {
    if (!settings->json) std::fputs((fault + "\n").c_str(), stderr);
  }
  if (!settings->json && !settings->faults.empty()) return kFinding;
  const auto checks = check_settings(*settings);
  std::fputs(settings->json ? (checked_json(checks) + "\n").c_str() : checked_text(checks).c_str(), stdout);
  for (const Checked& one : checks) {
    if (!one.well) return kFinding;
  }
  return kWell;
}

}  // namespace callgate::console
