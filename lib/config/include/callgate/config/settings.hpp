// SPDX-License-Identifier: Apache-2.0
#pragma once
// What a verb of callgate was told, checked and typed. Every flag is also an environment variable
// (--clock-skew = CALLGATE_CLOCK_SKEW, lists by comma) and a key of the configuration file; flag beats
// environment beats file beats default. Relative paths in the file are seen from the file's folder.

#include <callgate/base/redacted.hpp>
#include <callgate/delivery/signing.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/gate/replay_check.hpp>
#include <callgate/http/message.hpp>
#include <callgate/http/network.hpp>
#include <callgate/http/url.hpp>
#include <callgate/oidc/key_cache.hpp>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <vector>

namespace callgate::config {

using QuerySecret = gate::QuerySecret;

// One sender and where its keys come from.
struct ProviderSettings {
  gate::Provider provider;
  std::string preset = "call-automation";
  oidc::Issuer issuer;
  std::string keys_file;              // pinned key set; empty: the issuer is asked
  std::string ca_file;                // certificates to trust towards the issuer; empty: the system's
  std::vector<std::string> warnings;  // what is allowed but looks wrong; for the log
};

// What becomes of an admitted callback.
enum class Deliver {
  none,     // answered here
  forward,  // the application's answer goes back to the sender
  inbox,    // made durable, then answered here; taken by a consumer, or pushed to the application
};

struct RouteSettings {
  std::string path = "/api/callback";  // this path and what is below it
  std::vector<std::size_t> providers;  // places in ServeSettings::providers; empty only with query_secret
  Deliver deliver = Deliver::none;
  std::optional<http::Url> upstream;  // of Deliver::forward; with Deliver::inbox: events are pushed there
  std::string upstream_ca;            // PEM file; empty: the certificates that the system trusts
  std::chrono::milliseconds upstream_timeout{15'000};
  bool pass_authorization = false;
  std::vector<delivery::SigningSecret> hand_over_secrets;  // of Deliver::inbox; the newer one first
  std::size_t push_parallel_max = 64;                      // calls pushed at once
  bool shadow = false;                         // what would be refused goes on; only with Deliver::forward
  std::string authorize;                       // path of forward-auth; empty: none
  std::vector<http::Network> allowed_sources;  // empty: any
  std::optional<gate::QuerySecret> query_secret;
  gate::ReplayRule replay = gate::ReplayRule::automatic;
};

struct TlsSettings {
  std::string certificate;  // PEM file: the certificate and its chain
  std::string key;          // PEM file
  std::string client_ca;    // PEM file; empty: clients need no certificate
  friend bool operator==(const TlsSettings&, const TlsSettings&) = default;
};

struct ServerSettings {
  http::Endpoint listen{"127.0.0.1", 8080};
  std::optional<http::Endpoint> admin = http::Endpoint{"127.0.0.1", 9464};
  base::Redacted<std::string> admin_token;  // empty: none; needed where admin is not loopback
  unsigned workers = 1;
  std::optional<TlsSettings> tls;
  http::Limits limits;
  std::chrono::milliseconds drain_timeout{30'000};
  std::vector<http::Network> trusted_proxies;  // whose X-Forwarded-For or PROXY header is believed
  bool proxy_protocol = false;                 // every connection starts with a PROXY header, v1 or v2
  bool reveal_reasons = true;                  // problem documents say why
  std::size_t verdicts_kept = 1000;            // for the admin port
};

// The durable inbox of Deliver::inbox.
struct InboxSettings {
  std::string path;                          // SQLite file; empty: none
  std::chrono::seconds keep{7 * 24 * 3600};  // of delivered and taken events
  std::uint64_t keep_bytes = std::uint64_t{1} << 30;
  std::uint64_t bytes_max = std::uint64_t{8} << 30;  // beyond: 503
  std::size_t group_max = 256;                       // jobs that share one sync of the disk
  friend bool operator==(const InboxSettings&, const InboxSettings&) = default;
};

// Everything serve runs with. At least one provider or query secret; every route has a proof.
struct ServeSettings {
  ServerSettings server;
  std::vector<ProviderSettings> providers;
  std::vector<RouteSettings> routes;  // the longest path that fits counts
  oidc::KeyCacheSettings key_cache;
  InboxSettings inbox;
  std::size_t replay_records_max = 1'000'000;  // uses of tokens remembered at once; beyond: 503
  std::string keys_cache_file;                 // last good keys, kept over a restart; empty: nowhere
  bool log_json = false;
  std::string log_level = "info";
  std::size_t log_verdicts_per_second_max = 1000;
  std::string config_file;            // empty: none
  std::vector<std::string> warnings;  // what is allowed but looks wrong; for the log
};

struct VerifySettings {
  std::vector<ProviderSettings> providers;  // judged in this order; the first admit wins
  std::string token;                        // given on the command line
  std::string token_file;                   // both empty: standard input
  std::string body_file;
  std::optional<base::WallTime> at;
  bool json = false;
};

struct CheckSettings {
  ServeSettings serve;
  std::vector<std::string> faults;  // of the file, with their places; if there are any, `serve` says nothing
  bool online = false;              // also ask the issuer
  bool json = false;
};

struct KeysSettings {
  std::vector<ProviderSettings> providers;  // empty with `admin`
  std::optional<http::Url> admin;           // the running gateway to ask instead; its token, if it wants one
  base::Redacted<std::string> admin_token;
  bool json = false;
};

struct VersionSettings {
  bool json = false;
};

// Parsing ended without settings: help was asked for (0) or something is wrong (2).
struct Stop {
  int exit_code;
  std::string text;      // help, or what is wrong and what to write instead
  bool of_file = false;  // something is wrong in the configuration file; a line for each
};

// `arguments` are those behind the verb.
tl::expected<ServeSettings, Stop> read_serve(const std::vector<std::string>& arguments);
tl::expected<VerifySettings, Stop> read_verify(const std::vector<std::string>& arguments);
// The flags of serve, and --online.
tl::expected<CheckSettings, Stop> read_check(const std::vector<std::string>& arguments);
// An audience may be given but is not needed: keys are the issuer's.
tl::expected<KeysSettings, Stop> read_keys(const std::vector<std::string>& arguments);
tl::expected<VersionSettings, Stop> read_version(const std::vector<std::string>& arguments);

}  // namespace callgate::config
