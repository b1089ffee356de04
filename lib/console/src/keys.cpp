// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <callgate/config/file.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <callgate/oidc/discovery.hpp>
#include <cstdio>

#include "verbs.hpp"

namespace callgate::console {
namespace {

constexpr int kOk = 0, kNoKeys = 3;
constexpr std::size_t kKeysBytesMax = std::size_t{256} * 1024;

}  // namespace

base::Result<jose::KeySet> load_keys(const config::ProviderSettings& provider) {
  if (provider.keys_file.empty()) {
    const auto fetcher = keys_http::make_curl_fetcher({.ca_file = provider.ca_file});
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

std::string key_set_json(const jose::KeySet& keys) {
  json::Writer out;
  out.begin_object().name("keys").begin_array();
  for (const jose::Key& key : keys.keys()) {
    out.begin_object()
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
  out.end_array().name("not_used").begin_array();
  for (const jose::SkippedKey& key : keys.skipped()) {
    out.begin_object()
        .member("kid", std::string_view(key.kid))
        .member("why", std::string_view(key.why))
        .end_object();
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
  const auto set = load_keys(settings->provider);
  if (!set) {
    std::fprintf(stderr, "callgate keys: %s\n", set.error().message.c_str());
    return kNoKeys;
  }
  std::fputs(settings->json ? (key_set_json(*set) + "\n").c_str() : key_set_text(*set).c_str(), stdout);
  return set->keys().empty() ? kNoKeys : kOk;
}

}  // namespace callgate::console
