// SPDX-License-Identifier: Apache-2.0
// What a good configuration file becomes.

#include <gtest/gtest.h>

#include <callgate/config/file.hpp>

#include "parse_from_memory.hpp"

namespace callgate::config {
namespace {

using namespace std::chrono_literals;

constexpr const char* kGuid = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";
constexpr const char* kProviderOnly = R"(
[[provider]]
name = "acs"
audiences = ["5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"]
)";
constexpr const char* kSmall = R"(
[[provider]]
name = "acs"
audiences = ["5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21"]
[[route]]
path = "/api/callback"
providers = ["acs"]
)";

TEST(FileSettings, SmallestFileHasTheDefaults) {
  const auto settings = parse_from_memory(kSmall);
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->config_file, "f.toml");
  EXPECT_EQ(settings->server.listen.text(), "127.0.0.1:8080");
  EXPECT_EQ(settings->server.admin->text(), "127.0.0.1:9464");
  EXPECT_GE(settings->server.workers, 1U);
  EXPECT_EQ(settings->server.drain_timeout, 30s);
  EXPECT_TRUE(settings->server.reveal_reasons);
  EXPECT_FALSE(settings->server.proxy_protocol);
  EXPECT_FALSE(settings->server.tls);
  const http::Limits limits;
  EXPECT_EQ(settings->server.limits.head_bytes_max, limits.head_bytes_max);
  EXPECT_EQ(settings->server.limits.header_count_max, limits.header_count_max);
  EXPECT_EQ(settings->server.limits.target_bytes_max, limits.target_bytes_max);
  EXPECT_EQ(settings->server.limits.body_bytes_max, limits.body_bytes_max);
  EXPECT_EQ(settings->server.limits.head_timeout, limits.head_timeout);
  EXPECT_EQ(settings->server.limits.body_timeout, limits.body_timeout);
  EXPECT_EQ(settings->server.limits.idle_timeout, limits.idle_timeout);
  EXPECT_EQ(settings->server.limits.write_timeout, limits.write_timeout);
  EXPECT_EQ(settings->server.limits.handshake_timeout, limits.handshake_timeout);
  EXPECT_EQ(settings->server.limits.connections_max, limits.connections_max);
  EXPECT_EQ(settings->server.limits.connections_per_source_max, limits.connections_per_source_max);
  EXPECT_EQ(settings->server.limits.requests_in_flight_max, limits.requests_in_flight_max);
  const oidc::KeyCacheSettings keys;
  EXPECT_EQ(settings->key_cache.refresh, keys.refresh);
  EXPECT_EQ(settings->key_cache.refresh_window, keys.refresh_window);
  EXPECT_EQ(settings->key_cache.stale_max, keys.stale_max);
  ASSERT_EQ(settings->providers.size(), 1U);
  const auto& rules = settings->providers[0].provider.rules;
  EXPECT_EQ(rules.issuer, "https://acscallautomation.communication.azure.com");
  EXPECT_EQ(rules.max_lifetime, 300s);
  EXPECT_EQ(rules.audiences, std::vector<std::string>{kGuid});
  ASSERT_EQ(settings->routes.size(), 1U);
  EXPECT_EQ(settings->routes[0].deliver, Deliver::none);
  EXPECT_EQ(settings->routes[0].providers, std::vector<std::size_t>{0});
}

TEST(FileSettings, EveryKeyOfServerAndKeysArrives) {
  const auto settings = parse_from_memory(std::string(R"(
[server]
listen = "0.0.0.0:8443"
admin = "10.0.0.1:9464"
admin_token_file = "secret.txt"
workers = 3
trusted_proxies = ["10.0.0.0/8", "2001:db8::/32"]
proxy_protocol = true
reveal_reasons = false
drain_timeout = "5s"
tls = { certificate = "cert.pem", key = "/abs/key.pem", client_ca = "ca.pem" }
[server.limits]
head_bytes_max = "16KiB"
header_count_max = 50
target_bytes_max = 4096
body_bytes_max = "2MiB"
head_timeout = "1s"
body_timeout = "2s"
idle_timeout = "3s"
write_timeout = "4s"
handshake_timeout = "5s"
connections_max = 10
connections_per_source_max = 5
requests_in_flight_max = 6
overload_after = "50ms"
[keys]
refresh = "1h"
refresh_window = "10s"
stale_max = "2h"
cache = "keys.json"
ca = "ca.pem"
)") + kSmall);
  ASSERT_TRUE(settings) << settings.error();
  const ServerSettings& server = settings->server;
  EXPECT_EQ(server.listen.text(), "0.0.0.0:8443");
  EXPECT_EQ(server.admin->text(), "10.0.0.1:9464");
  EXPECT_EQ(server.admin_token.reveal(), "s3cret");
  EXPECT_EQ(server.workers, 3U);
  ASSERT_EQ(server.trusted_proxies.size(), 2U);
  EXPECT_EQ(server.trusted_proxies[1].text(), "2001:db8::/32");
  EXPECT_TRUE(server.proxy_protocol);
  EXPECT_FALSE(server.reveal_reasons);
  EXPECT_EQ(server.drain_timeout, 5s);
  EXPECT_EQ(server.tls, (TlsSettings{"etc/cert.pem", "/abs/key.pem", "etc/ca.pem"}));
  EXPECT_EQ(server.limits.head_bytes_max, 16384U);
  EXPECT_EQ(server.limits.header_count_max, 50U);
  EXPECT_EQ(server.limits.target_bytes_max, 4096U);
  EXPECT_EQ(server.limits.body_bytes_max, 2097152U);
  EXPECT_EQ(server.limits.head_timeout, 1s);
  EXPECT_EQ(server.limits.body_timeout, 2s);
  EXPECT_EQ(server.limits.idle_timeout, 3s);
  EXPECT_EQ(server.limits.write_timeout, 4s);
  EXPECT_EQ(server.limits.handshake_timeout, 5s);
  EXPECT_EQ(server.limits.connections_max, 10U);
  EXPECT_EQ(server.limits.connections_per_source_max, 5U);
  EXPECT_EQ(server.limits.requests_in_flight_max, 6U);
  EXPECT_EQ(server.limits.overload_after, 50ms);
  EXPECT_EQ(settings->key_cache.refresh, 1h);
  EXPECT_EQ(settings->key_cache.refresh_window, 10s);
  EXPECT_EQ(settings->key_cache.stale_max, 2h);
  EXPECT_EQ(settings->keys_cache_file, "etc/keys.json");
  EXPECT_EQ(settings->providers[0].ca_file, "etc/ca.pem");
}

TEST(FileSettings, EveryKeyOfLogAndReplayArrives) {
  const auto settings = parse_from_memory(std::string(R"(
[log]
format = "json"
level = "debug"
verdicts_per_second_max = 7
[replay]
store = "memory"
records_max = 5000
)") + kSmall);
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_TRUE(settings->log_json);
  EXPECT_EQ(settings->log_level, "debug");
  EXPECT_EQ(settings->log_verdicts_per_second_max, 7U);
  EXPECT_EQ(settings->replay_records_max, 5000U);
}

TEST(FileSettings, PresetsAndTheirOverrides) {
  const auto settings = parse_from_memory(R"(
[[provider]]
name = "grid"
preset = "event-grid"
tenant = "9f8e1c52-3b7d-4a06-8c15-d2e47b90a6f3"
audiences = ["api://hooks"]
role = "Sender"
[[provider]]
name = "own"
preset = "generic"
issuer = "http://127.0.0.1:1"
insecure_http_issuer = true
audiences = ["a", "b"]
algorithms = ["ES256", "EdDSA"]
clock_skew = "10s"
max_lifetime = "2h"
require_issued_at = true
keys = "pinned.json"
ca = "own.pem"
[[route]]
path = "/grid"
providers = ["own", "grid"]
)");
  ASSERT_TRUE(settings) << settings.error();
  const ProviderSettings& grid = settings->providers[0];
  EXPECT_EQ(grid.preset, "event-grid");
  EXPECT_EQ(grid.issuer.issuer,
            "https://login.microsoftonline.com/9f8e1c52-3b7d-4a06-8c15-d2e47b90a6f3/v2.0");
  EXPECT_EQ(grid.provider.rules.max_lifetime, 24h);
  EXPECT_EQ(grid.provider.rules.required.back().any_of, std::vector<std::string>{"Sender"});
  EXPECT_EQ(grid.provider.rules.required[1].any_of,
            std::vector<std::string>{"4962773b-9cdb-44cf-a8bf-237846a00ab7"});
  EXPECT_TRUE(grid.warnings.empty());
  const ProviderSettings& own = settings->providers[1];
  EXPECT_EQ(own.provider.name, "own");
  EXPECT_EQ(own.issuer.discovery, "http://127.0.0.1:1/.well-known/openid-configuration");
  EXPECT_TRUE(own.issuer.insecure_http);
  EXPECT_EQ(own.provider.algorithms.text(), "ES256, EdDSA");
  EXPECT_EQ(own.provider.rules.clock_skew, 10s);
  EXPECT_EQ(own.provider.rules.max_lifetime, 2h);
  EXPECT_TRUE(own.provider.rules.require_issued_at);
  EXPECT_EQ(own.keys_file, "etc/pinned.json");
  EXPECT_EQ(own.ca_file, "etc/own.pem");
  EXPECT_EQ(settings->routes[0].providers, (std::vector<std::size_t>{0, 1})) << "file order";
  EXPECT_EQ(settings->routes[0].replay, gate::ReplayRule::automatic);
  EXPECT_FALSE(grid.provider.one_token_per_event || own.provider.one_token_per_event)
      << "automatic means off";
}

TEST(FileSettings, RoutesAndTheirProofs) {
  const auto settings = parse_from_memory(R"(
[[route]]
path = "/"
providers = []
upstream = "http://127.0.0.1:8000"
allowed_sources = ["52.112.0.0/14", "::1"]
query_secret = { name = "token", file = "open.txt" }
[[route]]
path = "/b"
providers = []
deliver = "forward"
upstream = "http://[::1]:8000/"
[route.query_secret]
name = "code"
env = "SECRET"
)");
  ASSERT_TRUE(settings) << settings.error();
  const RouteSettings& first = settings->routes[0];
  EXPECT_EQ(first.path, "/");
  EXPECT_EQ(first.deliver, Deliver::forward);
  EXPECT_EQ(first.upstream->authority(), "127.0.0.1:8000");
  ASSERT_EQ(first.allowed_sources.size(), 2U);
  EXPECT_EQ(first.query_secret->name, "token");
  EXPECT_EQ(first.query_secret->value.reveal(), "s3cret");
  EXPECT_EQ(settings->routes[1].query_secret->name, "code");
  EXPECT_EQ(settings->warnings, std::vector<std::string>{"open.txt is open"});
}

TEST(FileSettings, ForwardingAndForwardAuth) {
  const auto settings = parse_from_memory(std::string(kProviderOnly) + R"(
[[route]]
path = "/a"
providers = ["acs"]
upstream = "https://app.example:8443"
upstream_ca = "ca.pem"
upstream_timeout = "3s"
pass_authorization = true
shadow = true
[[route]]
path = "/b"
providers = ["acs"]
authorize = "/callgate/authorize/b"
)");
  ASSERT_TRUE(settings) << settings.error();
  const RouteSettings& a = settings->routes[0];
  EXPECT_EQ(a.upstream->origin(), "https://app.example:8443");
  EXPECT_EQ(a.upstream_ca, "etc/ca.pem");
  EXPECT_EQ(a.upstream_timeout, std::chrono::seconds{3});
  EXPECT_TRUE(a.pass_authorization && a.shadow);
  EXPECT_EQ(a.authorize, "") << "two routes: neither is meant without a word";
  EXPECT_EQ(settings->routes[1].authorize, "/callgate/authorize/b");
  EXPECT_FALSE(settings->routes[1].shadow);
}

TEST(FileSettings, TheOnlyRouteIsAskedAboutUnlessTurnedOff) {
  const std::string route = std::string(kProviderOnly) + "[[route]]\npath = \"/a\"\nproviders = [\"acs\"]\n";
  EXPECT_EQ(parse_from_memory(route)->routes[0].authorize, "/callgate/authorize");
  EXPECT_EQ(parse_from_memory(route + "authorize = \"off\"\n")->routes[0].authorize, "");
}

TEST(FileSettings, WhatIsAllowedButLooksWrongIsAWarning) {
  const auto settings = parse_from_memory(std::string(kSmall) + R"(
[[provider]]
name = "spare"
audiences = ["/subscriptions/x"]
[[route]]
path = "/more"
providers = ["acs"]
)");
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->warnings, std::vector<std::string>{"provider 'spare' is used by no route"});
  EXPECT_EQ(settings->routes[0].replay, gate::ReplayRule::automatic);
  EXPECT_EQ(settings->providers[1].warnings.size(), 1U);
  const auto off = parse_from_memory(std::string(kSmall) + "replay = \"off\"\n");
  ASSERT_TRUE(off) << off.error();
  EXPECT_EQ(off->routes[0].replay, gate::ReplayRule::off);
}

TEST(FileSettings, InboxAndHandOver) {
  const auto settings = parse_from_memory(std::string(kSmall) + R"(
deliver = "inbox"
upstream = "http://127.0.0.1:8000"
hand_over_secret_file = "hand-over.txt"
push_parallel_max = 8
[inbox]
path = "events.db"
keep = "24h"
keep_bytes = "2MiB"
bytes_max = "4MiB"
group_max = 7
)");
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->inbox.path, "etc/events.db");
  EXPECT_EQ(settings->inbox.keep, 24h);
  EXPECT_EQ(settings->inbox.keep_bytes, 2U << 20);
  EXPECT_EQ(settings->inbox.bytes_max, 4U << 20);
  EXPECT_EQ(settings->inbox.group_max, 7U);
  const RouteSettings& route = settings->routes[0];
  EXPECT_EQ(route.deliver, Deliver::inbox);
  EXPECT_EQ(route.upstream->origin(), "http://127.0.0.1:8000");
  EXPECT_EQ(route.push_parallel_max, 8U);
  ASSERT_EQ(route.hand_over_secrets.size(), 1U);
  EXPECT_EQ(route.hand_over_secrets[0].reveal(), "012345678901234567890123");
}

TEST(FileSettings, ExampleFileIsGood) {
  const auto text = load_file(CALLGATE_DOCS_DIR "/callgate.example.toml", 65536);
  ASSERT_TRUE(text) << text.error().message;
  const auto settings = parse_from_memory(*text);
  ASSERT_TRUE(settings) << settings.error();
  EXPECT_EQ(settings->providers.size(), 2U);
  EXPECT_EQ(settings->routes.size(), 3U);
}

}  // namespace
}  // namespace callgate::config
