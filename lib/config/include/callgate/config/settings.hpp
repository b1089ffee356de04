// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a verb of callgate was told, checked and typed. Every flag is also an environment variable
// (--clock-skew = CALLGATE_CLOCK_SKEW, lists by comma); flag beats environment beats default.

#include <callgate/gate/column.hpp>
#include <callgate/http/url.hpp>
#include <callgate/oidc/key_cache.hpp>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace callgate::config {

// One sender and where its keys come from.
struct ProviderSettings {
  gate::Provider provider;
  oidc::Issuer issuer;
  std::string keys_file;              // pinned key set; empty: the issuer is asked
  std::string ca_file;                // certificates to trust towards the issuer; empty: the system's
  std::vector<std::string> warnings;  // what is allowed but looks wrong; for the log
};

struct ServeSettings {
  http::Endpoint listen{"127.0.0.1", 8080};
  std::optional<http::Endpoint> admin = http::Endpoint{"127.0.0.1", 9464};
  unsigned workers = 1;
  std::string path = "/api/callback";  // this path and what is below it
  ProviderSettings provider;
  oidc::KeyCacheSettings key_cache;
  std::string keys_cache_file;  // last good keys, kept over a restart; empty: nowhere
  std::optional<http::Url> upstream;
  bool log_json = false;
  std::string log_level = "info";
};

struct VerifySettings {
  ProviderSettings provider;
  std::string token;       // given on the command line
  std::string token_file;  // both empty: standard input
  std::string body_file;
  std::optional<base::WallTime> at;
  bool json = false;
};

struct CheckSettings {
  ServeSettings serve;
  bool online = false;  // also ask the issuer
  bool json = false;
};

struct KeysSettings {
  ProviderSettings provider;
  bool json = false;
};

// Parsing ended without settings: help was asked for (0) or something is wrong (2).
struct Stop {
  int exit_code;
  std::string text;  // help, or what is wrong and what to write instead
};

// `arguments` are those behind the verb.
tl::expected<ServeSettings, Stop> read_serve(const std::vector<std::string>& arguments);
tl::expected<VerifySettings, Stop> read_verify(const std::vector<std::string>& arguments);
// The flags of serve, and --online.
tl::expected<CheckSettings, Stop> read_check(const std::vector<std::string>& arguments);
// An audience may be given but is not needed: keys are the issuer's.
tl::expected<KeysSettings, Stop> read_keys(const std::vector<std::string>& arguments);

}  // namespace callgate::config
