// SPDX-License-Identifier: Apache-2.0
// One row for each thing that can be wrong with a configuration file, with the whole message.

#include <gtest/gtest.h>

#include <algorithm>

#include "parse_from_memory.hpp"

namespace callgate::config {
namespace {

// A good file without [server], provider on line 1 and route on line 4.
constexpr const char* kProvider = "[[provider]]\nname = \"acs\"\naudiences = [\"x\"]\n";
constexpr const char* kRoute = "[[route]]\npath = \"/c\"\nproviders = [\"acs\"]\n";

struct Row {
  std::string text;
  std::string says;
};

std::string behind(const std::string& text) {  // line 7 on
  return std::string(kProvider) + kRoute + text;
}
std::string in_provider(const std::string& text) {  // line 4 on
  return std::string(kProvider) + text + kRoute;
}
std::string in_route(const std::string& text) {  // line 7 on
  return behind(text);
}

void expect_all(const std::vector<Row>& rows) {
  for (const Row& row : rows) {
    const auto settings = parse_from_memory(row.text);
    ASSERT_FALSE(settings) << row.text;
    EXPECT_EQ(settings.error(), row.says + "\n") << row.text;
  }
}

TEST(FileErrors, Toml) {
  expect_all({
      {"a = ", "f.toml:1:5: not TOML: Error while parsing key-value pair: encountered end-of-file"},
      {"\n[server", "f.toml:2:8: not TOML: Error while parsing table header: encountered end-of-file"},
      {"[[[a",
       "f.toml:1:3: not TOML: Error while parsing key: expected bare key starting character or string "
       "delimiter, saw '['"},
      {"\xef\xb7\x8c = 1",
       "f.toml:1:1: not TOML: Error while parsing root table: expected keys, tables, whitespace or comments, "
       "saw '\xef\xb7\x8c'"},
      {"x = 2\"\xcf\x9f\"",
       "f.toml:1:6: not TOML: Error while parsing decimal integer: expected digit, saw '\"'"},
      {behind("[[[[[[[[[[[[[[[[[a"), "f.toml:7:17: not TOML: more than 16 levels; write no more than three"},
  });
}

TEST(FileErrors, NamesAndTables) {
  expect_all({
      {behind("[servr]\n"),
       "f.toml:7:2: [servr]: is not known (did you mean 'server'?); see docs/configuration.md"},
      {behind("[zzzzzz]\n"), "f.toml:7:2: [zzzzzz]: is not known; see docs/configuration.md"},
      {"listen = 1\n" + behind(""), "f.toml:1:1: listen: is not known; see docs/configuration.md"},
      {behind("[server]\nlisten_on = \"x\"\n"),
       "f.toml:8:1: listen_on: is not known (did you mean 'listen'?); see docs/configuration.md"},
      {behind("[server]\nlimit.x = 1\n"),
       "f.toml:8:1: limit: is not known (did you mean 'limits'?); see docs/configuration.md"},
      {behind("[server.limits]\nbody-bytes-max = 1\n"),
       "f.toml:8:1: body-bytes-max: is not known (did you mean 'body_bytes_max'?); see "
       "docs/configuration.md"},
      {in_provider("audience = \"x\"\n"),
       "f.toml:4:1: audience: is not known (did you mean 'audiences'?); see docs/configuration.md"},
      {behind("[keys]\n\"re\\nfresh\" = 1\n"),
       "f.toml:8:1: re?fresh: is not known (did you mean 'refresh'?); see docs/configuration.md"},
      {behind("[[server]]\n"),
       "f.toml:7:1: server: expected a table with the header [server], found several tables"},
      {"[provider]\nname = \"acs\"\n[[route]]\npath = \"/c\"\nproviders = []\n"
       "query_secret = { name = \"t\", env = \"SECRET\" }\n",
       "f.toml:1:1: provider: expected a table with the header [[provider]], found a table"},
      {behind("[server]\ntls = 1\n"),
       "f.toml:8:7: server.tls: expected a table with the header [server.tls], found a whole number"},
      {behind("[inbox]\npath = \"x\"\n"),
       "f.toml:8:8: path: is used by no route, so nothing would be kept; write deliver = \"inbox\" in a "
       "[[route]]"},
      {behind("[redis]\nurl = \"x\"\n"),
       "f.toml:7:1: [redis]: is not available in this version; leave it out"},
      {behind("[redis]\n"), "f.toml:7:1: [redis]: is not available in this version; leave it out"},
  });
}

TEST(FileErrors, Types) {
  expect_all({
      {behind("[server]\nlisten = 8080\n"),
       "f.toml:8:10: listen: expected text in quotes, found a whole number"},
      {behind("[server]\nworkers = \"2\"\n"),
       "f.toml:8:11: workers: expected a whole number, without quotes, found text"},
      {behind("[server]\nworkers = 1.5\n"),
       "f.toml:8:11: workers: expected a whole number, without quotes, found a number with a fraction"},
      {behind("[server]\nproxy_protocol = \"true\"\n"),
       "f.toml:8:18: proxy_protocol: expected true or false, without quotes, found text"},
      {behind("[server]\ntrusted_proxies = \"10.0.0.0/8\"\n"),
       "f.toml:8:19: trusted_proxies: expected a list of texts such as [\"a\", \"b\"], found text"},
      {behind("[server]\ntrusted_proxies = [1]\n"),
       "f.toml:8:20: trusted_proxies: expected text in quotes, found a whole number"},
      {behind("[server]\ndrain_timeout = 30\n"),
       "f.toml:8:17: drain_timeout: expected a duration in quotes such as \"30s\", found a whole number"},
      {behind("[server]\ndrain_timeout = 07:00:00\n"),
       "f.toml:8:17: drain_timeout: expected a duration in quotes such as \"30s\", found a date or time"},
      {behind("[server.limits]\nbody_bytes_max = true\n"),
       "f.toml:8:18: body_bytes_max: expected a size such as \"64KiB\", or a whole number of bytes, found "
       "true "
       "or false"},
      {behind("[keys]\ncache = []\n"), "f.toml:8:9: cache: expected text in quotes, found a list"},
      {behind("[keys]\ncache = {}\n"), "f.toml:8:9: cache: expected text in quotes, found a table"},
  });
}

TEST(FileErrors, Server) {
  expect_all({
      {behind("[server]\nlisten = \"8080\"\n"),
       "f.toml:8:10: listen: '8080' is not an address; write for example 127.0.0.1:8080 or [::1]:8080"},
      {behind("[server]\nlisten = \"\"\n"), "f.toml:8:10: listen: is empty; write a value or leave it out"},
      {behind("[server]\nadmin = \"on\"\n"),
       "f.toml:8:9: admin: 'on' is not an address; write for example 127.0.0.1:8080 or [::1]:8080, or off"},
      {behind("[server]\nadmin = \"0.0.0.0:9464\"\n"),
       "f.toml:8:9: admin: '0.0.0.0:9464' is not a loopback address: others could read and change what runs; "
       "write an admin_token_file, or 127.0.0.1"},
      {behind("[server]\nadmin_token_file = \"none.txt\"\n"),
       "f.toml:8:20: admin_token_file: cannot read 'etc/none.txt'"},
      {behind("[server]\nworkers = 0\n"), "f.toml:8:11: workers: 0 is out of range; write 1 to 256"},
      {behind("[server]\ntrusted_proxies = [\"10.0.0.1/8\"]\n"),
       "f.toml:8:20: trusted_proxies: '10.0.0.1/8' is not a network; write for example 52.112.0.0/14 or "
       "2001:db8::/32, with nothing behind the prefix"},
      {behind("[server]\ntrusted_proxies = [\"::/0\"]\n"),
       "f.toml:8:19: trusted_proxies: '::/0' is everyone: any sender could name its own address; write your "
       "proxies alone"},
      {behind("[server]\nproxy_protocol = true\n"),
       "f.toml:8:18: proxy_protocol: needs trusted_proxies: the networks whose PROXY header is believed"},
      {behind("[server]\ntrusted_proxies = []\n"),
       "f.toml:8:19: trusted_proxies: is an empty list; write networks, or leave it out"},
      {behind("[server.tls]\ncertificate = \"c\"\n"),
       "f.toml:7:1: [server.tls]: key is missing; write the path of a PEM file"},
      {behind("[server.limits]\nbody_bytes_max = \"1MB\"\n"),
       "f.toml:8:18: body_bytes_max: '1MB' is not a size; write for example 64KiB, 1MiB or a number of "
       "bytes"},
      {behind("[server.limits]\nbody_bytes_max = \"65MiB\"\n"),
       "f.toml:8:18: body_bytes_max: 65MiB is out of range; write 1KiB to 64MiB"},
      {behind("[server.limits]\nheader_count_max = -1\n"),
       "f.toml:8:20: header_count_max: -1 is out of range; write 8 to 1000"},
      {behind("[server.limits]\nhead_timeout = \"99ms\"\n"),
       "f.toml:8:16: head_timeout: 99ms is out of range; write 100ms to 10m"},
      {behind("[keys]\nrefresh = \"30\"\n"),
       "f.toml:8:11: refresh: '30' is not a duration; write for example 30s, 5m or 12h"},
      {behind("[keys]\nstale_max = \"1h\"\n"),
       "f.toml:8:13: stale_max: keys would be too old before they are fetched again; write stale_max at "
       "least "
       "as long as refresh"},
      {behind("[log]\nlevel = \"warn\"\n"),
       "f.toml:8:9: level: 'warn' is not known; write \"debug\", \"info\", \"warning\" or \"error\""},
      {behind("[log]\nformat = \"jsno\"\n"),
       "f.toml:8:10: format: 'jsno' is not known; write \"text\" or \"json\" (did you mean 'json'?)"},
      {behind("[replay]\nstore = \"redis\"\n"),
       "f.toml:8:9: store: 'redis' is not available in this version; write \"memory\""},
  });
}

TEST(FileErrors, Providers) {
  const std::string why =
      ": without it tokens made for other people's resources would pass; write what tokens must be meant "
      "for, "
      "for Call Automation the immutable resource ID of your resource, a GUID";
  expect_all({
      {std::string("[[provider]]\nname = \"acs\"\n") + kRoute,
       "f.toml:1:1: [[provider]]: audiences is missing" + why},
      {std::string("[[provider]]\nname = \"acs\"\naudiences = []\n") + kRoute,
       "f.toml:3:13: audiences: is empty" + why},
      {std::string("[[provider]]\nname = \"acs\"\naudiences = [\"a\", \"\"]\n") + kRoute,
       "f.toml:3:19: audiences: an entry is empty; write a value or leave the entry out"},
      {behind("[[provider]]\nname = \"acs\"\naudiences = [\"y\"]\n"),
       "f.toml:8:8: name: 'acs' is taken; write another name"},
      {behind("[[provider]]\naudiences = [\"y\"]\n"),
       "f.toml:7:1: [[provider]]: name is missing; write for example name = \"acs\""},
      {behind("[[provider]]\nname = \"A b\"\naudiences = [\"y\"]\n"),
       "f.toml:8:8: name: 'A b' is not a plain name; write 1 to 32 of a-z, 0-9 and '-'"},
      {in_provider("preset = \"eventgrid\"\n"),
       "f.toml:4:10: preset: 'eventgrid' is not known; write \"call-automation\", \"event-grid\" or "
       "\"generic\" "
       "(did you mean 'event-grid'?)"},
      {in_provider("preset = \"event-grid\"\n"),
       "f.toml:1:1: [[provider]]: tenant is missing: write your Entra tenant, a GUID"},
      {in_provider("preset = \"event-grid\"\ntenant = \"contoso\"\n"),
       "f.toml:5:10: tenant: 'contoso' is not a GUID; write the id of your Entra tenant"},
      {in_provider("tenant = \"x\"\n"),
       "f.toml:4:10: tenant: is only for the preset event-grid; leave it out"},
      {in_provider("preset = \"generic\"\n"),
       "f.toml:1:1: [[provider]]: issuer is missing: the preset generic knows none; write the URL of the "
       "issuer"},
      {in_provider("issuer = \"http://127.0.0.1:1\"\n"),
       "f.toml:4:10: issuer: http is not safe for keys; write https, or add insecure_http_issuer for an "
       "emulator"},
      {in_provider("discovery = \"x\"\n"),
       "f.toml:4:13: discovery: 'x' is not a URL; write for example https://issuer.example"},
      {in_provider("issuer = \"https://u:passw0rd@x\"\n"),
       "f.toml:4:10: issuer: this is not a URL; write for example https://issuer.example"},
      {in_provider("algorithms = []\n"),
       "f.toml:4:14: algorithms: is empty; write for example [\"RS256\"], or leave it out"},
      {in_provider("algorithms = [\"RS256\", \"HS256\"]\n"),
       "f.toml:4:24: algorithms: 'HS256' is not asymmetric: whoever checks such tokens could make them, or "
       "anyone could; write for example RS256"},
      {in_provider("algorithms = [\"none\"]\n"),
       "f.toml:4:15: algorithms: 'none' is not asymmetric: whoever checks such tokens could make them, or "
       "anyone could; write for example RS256"},
      {in_provider("algorithms = [\"RS265\"]\n"),
       "f.toml:4:15: algorithms: 'RS265' is not an algorithm that is known here; write for example RS256 "
       "(did "
       "you mean 'RS256'?)"},
      {in_provider("clock_skew = \"6m\"\n"), "f.toml:4:14: clock_skew: 6m is out of range; write 0s to 5m"},
      {in_provider("max_lifetime = \"25h\"\n"),
       "f.toml:4:16: max_lifetime: 25h is out of range; write 1s to 1d"},
  });
}

TEST(FileErrors, Routes) {
  expect_all({
      {kProvider,
       "f.toml:1:1: has no [[route]]; write one, for example with path = \"/api/callback\" and providers"},
      {std::string(kProvider) + "[[route]]\npath = \"/c\"\n",
       "f.toml:4:1: [[route]]: there is no open route; write the names of providers, or a query_secret"},
      {std::string(kProvider) + "[[route]]\npath = \"/c\"\nproviders = []\nallowed_sources = [\"::1\"]\n",
       "f.toml:6:13: providers: there is no open route; write the names of providers, or a query_secret"},
      {std::string(kProvider) + "[[route]]\npath = \"/c\"\nproviders = [\"asc\"]\n",
       "f.toml:6:14: providers: there is no provider 'asc' (did you mean 'acs'?); write the name of a "
       "[[provider]]"},
      {std::string(kProvider) + "[[route]]\npath = \"/c\"\nproviders = [\"acs\", \"acs\"]\n",
       "f.toml:6:21: providers: 'acs' stands here twice; write it once"},
      {std::string(kProvider) + "[[route]]\nproviders = [\"acs\"]\n",
       "f.toml:4:1: [[route]]: path is missing; write for example path = \"/api/callback\""},
      {behind(kRoute), "f.toml:8:8: path: '/c' has a route already; write another path"},
      {in_route("deliver = \"inbox\"\n"),
       "f.toml:7:11: deliver: route '/c' delivers to an inbox, but there is none; write [inbox] with path = "
       "\"callgate.db\""},
      {in_route("deliver = \"inbox\"\n[inbox]\npath = \"i.db\"\n[[route]]\npath = \"/d\"\nproviders = "
                "[\"acs\"]\ndeliver = \"inbox\"\nupstream = \"http://x\"\n"),
       "f.toml:13:11: deliver: route '/d' pushes its events and route '/c' leaves them to a consumer, in one "
       "inbox; write an upstream for both or for none"},
      {in_route("hand_over_secret_file = \"hand-over.txt\"\n"),
       "f.toml:7:25: hand_over_secret_file: is of no use without an application; write an upstream, or leave "
       "it "
       "out"},
      {in_route("upstream = \"http://x\"\nhand_over_secret_old_file = \"hand-over.txt\"\n"),
       "f.toml:8:29: hand_over_secret_old_file: is for the time of a change; write the newer one as "
       "hand_over_secret_file"},
      {in_route("deliver = \"forward\"\n"),
       "f.toml:7:11: deliver: \"forward\" needs an upstream; write upstream = \"http://host:port\""},
      {in_route("deliver = \"none\"\nupstream = \"http://x\"\n"),
       "f.toml:7:11: deliver: \"none\" leaves the upstream out; write \"forward\" or \"inbox\", or no "
       "upstream"},
      {in_route("upstream = \"http://x/path\"\n"),
       "f.toml:7:12: upstream: 'http://x/path' is not http://host:port; write it without path, query and "
       "user"},
      {in_route("upstream = \"http://u:passw0rd@x\"\n"),
       "f.toml:7:12: upstream: this is not http://host:port; write it without path, query and user"},
      {in_route("upstream = \"http://x\"\nupstream_ca = \"ca.pem\"\n"),
       "f.toml:8:15: upstream_ca: is of no use to 'http://x'; write https://, or leave it out"},
      {in_route("replay = \"enforced\"\n"),
       "f.toml:7:10: replay: 'enforced' is not known; write \"auto\", \"enforce\", \"observe\" or \"off\" "
       "(did you "
       "mean 'enforce'?)"},
      {in_route("allowed_sources = [\"52.112.0.0/8\"]\n"),
       "f.toml:7:20: allowed_sources: '52.112.0.0/8' is not a network; write for example 52.112.0.0/14 or "
       "2001:db8::/32, with nothing behind the prefix"},
      {in_route("allowed_sources = []\n"),
       "f.toml:7:19: allowed_sources: is an empty list; write networks, or leave it out"},
  });
}

TEST(FileErrors, QuerySecrets) {
  expect_all({
      {in_route("query_secret = { name = \"t\" }\n"),
       "f.toml:7:16: [route.query_secret]: write either file or env: where the secret is found"},
      {in_route("query_secret = { name = \"t\", file = \"secret.txt\", env = \"SECRET\" }\n"),
       "f.toml:7:16: [route.query_secret]: write either file or env: where the secret is found"},
      {in_route("query_secret = { env = \"SECRET\" }\n"),
       "f.toml:7:16: [route.query_secret]: name is missing: the parameter of the query that holds the "
       "secret"},
      {in_route("query_secret = { name = \"a b\", env = \"SECRET\" }\n"),
       "f.toml:7:25: name: 'a b' is not a plain name of a parameter; write letters, digits, '_', '-' and "
       "'.'"},
      {in_route("query_secret = { name = \"t\", env = \"A=B\" }\n"),
       "f.toml:7:36: env: 'A=B' is not the name of an environment variable"},
      {in_route("query_secret = { name = \"t\", file = \"gone.txt\" }\n"),
       "f.toml:7:37: file: cannot read 'etc/gone.txt'"},
      {in_route("query_secret = \"passw0rd\"\n"),
       "f.toml:7:16: route.query_secret: expected a table with the header [route.query_secret], found text"},
      {in_route("query_secret = { name = \"t\", value = \"passw0rd\" }\n"),
       "f.toml:7:16: [route.query_secret]: write either file or env: where the secret is found\n"
       "f.toml:7:30: value: is not known; see docs/configuration.md"},
  });
}

TEST(FileErrors, AnInboxThatWhatIsDeliveredMayFill) {
  expect_all({
      {in_route("deliver = \"inbox\"\n[inbox]\npath = \"x\"\nbytes_max = \"1MiB\"\n"),
       "f.toml:10:13: bytes_max: delivered events may fill the inbox (keep_bytes 1073741824, bytes_max "
       "1048576), and then it takes nothing new; write keep_bytes below bytes_max"},
      {in_route("deliver = \"inbox\"\n[inbox]\npath = \"x\"\nbytes_max = \"1MiB\"\nkeep_bytes = \"1MiB\"\n"),
       "f.toml:11:14: keep_bytes: delivered events may fill the inbox (keep_bytes 1048576, bytes_max "
       "1048576), and then it takes nothing new; write keep_bytes below bytes_max"},
  });
}

TEST(FileErrors, ShadowModeAndForwardAuth) {
  expect_all({
      {in_route("shadow = true\n"),
       "f.toml:7:10: shadow: passes what would be refused on to an application; write an upstream, or leave "
       "it "
       "out"},
      {in_route("authorize = \"/authorize\"\n"),
       "f.toml:7:13: authorize: '/authorize' is not a path for forward-auth; write /callgate/authorize, a "
       "path "
       "below it, or off"},
      {in_route("authorize = \"/callgate/authorize/../x\"\n"),
       "f.toml:7:13: authorize: '/callgate/authorize/../x' is not a path for forward-auth; write "
       "/callgate/authorize, a path below it, or off"},
      {in_route("authorize = \"/callgate/authorize\"\n") +
           "[[route]]\npath = \"/d\"\nproviders = [\"acs\"]\nauthorize = \"/callgate/authorize\"\n",
       "f.toml:11:13: authorize: '/callgate/authorize' is another route's; write another"},
  });
}

TEST(FileErrors, PathsThatAreNotPlain) {
  for (const char* path : {"c", "", "/a b", "/a?b", "/a#b", "/a%2fb", "/a/../b", "/..", "/./a", "//a", "/a/",
                           "/a\\\\b", "/callgate", "/callgate/authorize"}) {
    const auto settings = parse_from_memory(std::string(kProvider) +
                                            "[[route]]\nproviders = [\"acs\"]\npath = \"" + path + "\"\n");
    ASSERT_FALSE(settings) << path;
    EXPECT_TRUE(settings.error().starts_with("f.toml:6:8: path: ")) << settings.error();
  }
  for (const char* path : {"/", "/a", "/a/b.c", "/callgates", "/a/callgate", "/.well-known/x", "/..a"}) {
    const auto settings = parse_from_memory(std::string(kProvider) +
                                            "[[route]]\nproviders = [\"acs\"]\npath = \"" + path + "\"\n");
    EXPECT_TRUE(settings) << path << settings.error();
  }
}

TEST(FileErrors, AllAreToldInTheOrderOfTheFile) {
  const auto settings =
      parse_from_memory(behind("replay = 1\n[server]\nlistn = \"x\"\nworkers = 999\n[keys]\n"
                               "refresh = \"x\"\n"));
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error(),
            "f.toml:7:10: replay: expected text in quotes, found a whole number\n"
            "f.toml:9:1: listn: is not known (did you mean 'listen'?); see docs/configuration.md\n"
            "f.toml:10:11: workers: 999 is out of range; write 1 to 256\n"
            "f.toml:12:11: refresh: 'x' is not a duration; write for example 30s, 5m or 12h\n");
}

TEST(FileErrors, AreAtMostTwentyAndKeepTheirLine) {
  std::string text = behind("[keys]\n");
  for (int i = 0; i < 25; ++i) text += "zzzzzz" + std::to_string(i) + " = \"\\u001b\\n\"\n";
  const auto settings = parse_from_memory(text);
  ASSERT_FALSE(settings);
  EXPECT_EQ(std::count(settings.error().begin(), settings.error().end(), '\n'), 21);
  EXPECT_TRUE(settings.error().ends_with("\nand 5 more\n")) << settings.error();
  const auto control = parse_from_memory(behind("[log]\nlevel = \"a\\nb\"\n"));
  EXPECT_EQ(control.error(),
            "f.toml:8:9: level: holds a control character; write it in one line of plain text\n");
}

}  // namespace
}  // namespace callgate::config
