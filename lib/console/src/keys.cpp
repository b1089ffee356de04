// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <callgate/config/file.hpp>
#include <callgate/config/proxies.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/oidc/discovery.hpp>
#include <cstdio>

#include "keys_in_use.hpp"
#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr int kOk = 0, kNoKeys = 3;
constexpr std::size_t kKeysBytesMax = std::size_t{256} * 1024;

void complain(const std::string& what) {
  std::fprintf(stderr, "callgate keys: %s\n", what.c_str());
}

void write_key(json::Writer& out, const std::string& provider, const jose::Key& key) {
  out.begin_object()
      .member("provider", std::string_view(provider))
      .member("kid", std::string_view(key.kid()))
      .member("type", jose::to_text(key.type()))
      .name("algorithm");
  if (key.algorithm()) {
    out.string(jose::to_text(*key.algorithm()));
  } else {
    out.null();
  }
  out.member("bits", key.bits()).member("thumbprint", std::string_view(key.thumbprint())).end_object();
}

// What a running gateway judges with.
int show_in_use(const config::KeysSettings& settings) {
  const auto document = load_keys_in_use(*settings.admin, settings.admin_token);
  const auto in_use = document ? parse_keys_in_use(*document) : tl::unexpected(document.error());
  if (!in_use) {
    complain(in_use.error().message);
    return kNoKeys;
  }
  std::fputs(settings.json ? (*document + "\n").c_str() : in_use->text.c_str(), stdout);
  return in_use->every_source_serves ? kOk : kNoKeys;
}

// What every provider of this configuration would get now.
int show_sets(const config::KeysSettings& settings) {
  bool complete = true;
  std::vector<ProviderKeys> sets;
  for (const config::ProviderSettings& provider : settings.providers) {
    auto set = load_keys(provider);
    complete = complete && set && !set->keys().empty();
    if (set) {
      sets.push_back({provider.provider.name, std::move(*set)});
    } else {
      complain((settings.providers.size() > 1 ? provider.provider.name + ": " : "") + set.error().message);
    }
  }
  if (sets.empty()) return kNoKeys;
  std::fputs(settings.json ? (key_sets_json(sets) + "\n").c_str() : key_sets_text(sets).c_str(), stdout);
  return complete ? kOk : kNoKeys;
}

}  // namespace

base::Result<jose::KeySet> load_keys(const config::ProviderSettings& provider) {
  if (provider.keys_file.empty()) {
    const auto fetcher =
        keys_http::make_curl_fetcher({.ca_file = provider.ca_file, .proxies = config::read_proxies()});
    auto keys = oidc::fetch_keys(*fetcher, provider.issuer);
    if (!keys)
      return base::fail("no keys: " + keys.error().message + "; with --keys FILE nothing is fetched");
    return std::move(*keys);
  }
  const auto text = config::load_file(provider.keys_file, kKeysBytesMax);
  if (!text) return tl::unexpected(text.error());
  auto keys = jose::KeySet::parse(*text);
  if (!keys) return base::fail("--keys '" + provider.keys_file + "': " + keys.error().message);
  return std::move(*keys);
}

std::string key_set_text(const jose::KeySet& keys) {
  std::string out;
  for (const jose::Key& key : keys.keys()) {
    out +=
        fmt::format("{:<38} {:<12} {:>5} bits  {:<6} {}\n", json::quote(key.kid()), jose::to_text(key.type()),
                    key.bits(), key.algorithm() ? jose::to_text(*key.algorithm()) : "any", key.thumbprint());
  }
  for (const jose::SkippedKey& key : keys.skipped()) {
    out += fmt::format("{:<38} not used: {}\n", json::quote(key.kid), key.why);
  }
  return out + fmt::format("{} usable, {} not used\n", keys.keys().size(), keys.skipped().size());
}

std::string key_sets_text(const std::vector<ProviderKeys>& sets) {
  std::string out;
  for (const ProviderKeys& set : sets) {
    if (sets.size() > 1) out += (out.empty() ? "" : "\n") + std::string("provider ") + set.provider + "\n";
    out += key_set_text(set.keys);
  }
  return out;
}

std::string key_sets_json(const std::vector<ProviderKeys>& sets) {
  json::Writer out;
  out.begin_object().name("keys").begin_array();
  for (const ProviderKeys& set : sets) {
    for (const jose::Key& key : set.keys.keys()) write_key(out, set.provider, key);
  }
  out.end_array().name("not_used").begin_array();
  for (const ProviderKeys& set : sets) {
    for (const jose::SkippedKey& key : set.keys.skipped()) {
      out.begin_object()
          .member("provider", std::string_view(set.provider))
          .member("kid", std::string_view(key.kid))
          .member("why", std::string_view(key.why))
          .end_object();
    }
  }
  out.end_array().end_object();
  return out.take();
}

int keys(const std::vector<std::string>& arguments) {
  const auto settings = config::read_keys(arguments);
  if (!settings) {
    std::fputs(settings.error().text.c_str(), settings.error().exit_code == 0 ? stdout : stderr);
    return settings.error().exit_code;
  }
  return settings->admin ? show_in_use(*settings) : show_sets(*settings);
}

}  // namespace callgate::console
