// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/settings.hpp>

#include <unistd.h>

#include <fstream>

#include "environment.hpp"
#include "schema.hpp"

namespace callgate::config {
namespace {

using namespace std::chrono_literals;

constexpr const char* kGuid = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";

class ConfigFile {
 public:
  explicit ConfigFile(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ~ConfigFile() { std::remove(path.c_str()); }
  ConfigFile(const ConfigFile&) = delete;
  ConfigFile& operator=(const ConfigFile&) = delete;
  std::string path = testing::TempDir() + "callgate_options_" + std::to_string(getpid()) + ".toml";
};

TEST(Serve, DefaultsAreTheService) {
  const auto settings = read_serve({"--audience", kGuid});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->server.listen.text(), "127.0.0.1:8080");
  EXPECT_EQ(settings->server.admin->text(), "127.0.0.1:9464");
  EXPECT_GE(settings->server.workers, 1U);
  ASSERT_EQ(settings->routes.size(), 1U);
  EXPECT_EQ(settings->routes[0].path, "/api/callback");
  EXPECT_EQ(settings->routes[0].deliver, Deliver::none);
  ASSERT_EQ(settings->providers.size(), 1U);
  const ProviderSettings& provider = settings->providers[0];
  const auto& rules = provider.provider.rules;
  EXPECT_EQ(provider.provider.name, "acs");
  EXPECT_EQ(rules.issuer, "https://acscallautomation.communication.azure.com");
  EXPECT_EQ(provider.issuer.discovery,
            "https://acscallautomation.communication.azure.com/calling/.well-known/acsopenidconfiguration");
  EXPECT_EQ(provider.provider.algorithms.text(), "RS256");
  EXPECT_EQ(rules.clock_skew, 30s);
  EXPECT_EQ(rules.max_lifetime, 300s);
  EXPECT_EQ(settings->key_cache.refresh, 12h);
  EXPECT_TRUE(provider.warnings.empty());
  EXPECT_EQ(settings->config_file, "");
}

TEST(Serve, EveryFlagArrives) {
  const auto settings = read_serve({"--audience",
                                    kGuid,
                                    "--listen",
                                    "[::1]:0",
                                    "--admin",
                                    "off",
                                    "--workers",
                                    "2",
                                    "--trusted-proxies",
                                    "10.0.0.0/8,::1",
                                    "--proxy-protocol",
                                    "--drain-timeout",
                                    "1s",
                                    "--keys-refresh",
                                    "1h",
                                    "--keys-refresh-window",
                                    "2s",
                                    "--keys-stale-max",
                                    "3h",
                                    "--keys-cache",
                                    "c.json",
                                    "--log-format",
                                    "json",
                                    "--log-level",
                                    "error"});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->server.listen.text(), "[::1]:0");
  EXPECT_FALSE(settings->server.admin);
  EXPECT_EQ(settings->server.workers, 2U);
  EXPECT_EQ(settings->server.trusted_proxies.size(), 2U);
  EXPECT_TRUE(settings->server.proxy_protocol);
  EXPECT_EQ(settings->server.drain_timeout, 1s);
  EXPECT_EQ(settings->key_cache.refresh, 1h);
  EXPECT_EQ(settings->key_cache.refresh_window, 2s);
  EXPECT_EQ(settings->key_cache.stale_max, 3h);
  EXPECT_EQ(settings->keys_cache_file, "c.json");
  EXPECT_TRUE(settings->log_json);
  EXPECT_EQ(settings->log_level, "error");
}

TEST(Serve, EveryFlagOfItsOneProviderAndRouteArrives) {
  const auto settings = read_serve({"--audience",
                                    kGuid,
                                    "--keys-ca",
                                    "/dev/null",
                                    "--issuer",
                                    "https://i",
                                    "--discovery",
                                    "https://d/x",
                                    "--keys",
                                    "/dev/null",
                                    "--clock-skew",
                                    "0s",
                                    "--max-lifetime",
                                    "1h",
                                    "--require-issued-at",
                                    "--path",
                                    "/hook",
                                    "--upstream",
                                    "http://127.0.0.1:1",
                                    "--replay",
                                    "off"});
  ASSERT_TRUE(settings) << settings.error().text;
  const ProviderSettings& provider = settings->providers.at(0);
  EXPECT_EQ(provider.ca_file, "/dev/null");
  EXPECT_EQ(provider.issuer.issuer, "https://i");
  EXPECT_EQ(provider.issuer.discovery, "https://d/x");
  EXPECT_EQ(provider.keys_file, "/dev/null");
  EXPECT_EQ(provider.provider.rules.clock_skew, 0s);
  EXPECT_EQ(provider.provider.rules.max_lifetime, 1h);
  EXPECT_TRUE(provider.provider.rules.require_issued_at);
  const RouteSettings& route = settings->routes.at(0);
  EXPECT_EQ(route.path, "/hook");
  EXPECT_EQ(route.deliver, Deliver::forward);
  EXPECT_EQ(route.upstream->authority(), "127.0.0.1:1");
  EXPECT_TRUE(settings->warnings.empty());
}

// Over the whole table: an empty value is wrong wherever it is given.
TEST(Serve, EveryFlagIsAVariableAndAKeyOfTheFile) {
  const std::string help = read_serve({"--help"}).error().text;
  std::size_t flags = 0;
  for (const Key& key : all_keys()) {
    if (key.flag.empty()) continue;
    ++flags;
    const std::string flag(key.flag);
    std::string variable = "CALLGATE_" + flag.substr(2);
    for (char& c : variable) c = c == '-' ? '_' : static_cast<char>(std::toupper(c));
    EXPECT_NE(help.find("  " + flag + " "), std::string::npos) << flag;
    EXPECT_NE(help.find("(Env:" + variable + ")"), std::string::npos) << variable;
    if (key.kind == Kind::boolean) continue;
    const auto by_flag = read_serve({flag, "", "--audience", kGuid});
    ASSERT_FALSE(by_flag) << flag;
    EXPECT_NE(by_flag.error().text.find(flag + ": "), std::string::npos) << by_flag.error().text;
    const bool repeated = key.table == "provider" || key.table == "route";
    const std::string table = (repeated ? "[[" : "[") + std::string(key.table) + (repeated ? "]]" : "]");
    const ConfigFile file(table + "\n" + std::string(key.name) +
                          (key.kind == Kind::list ? " = [\"\"]\n" : " = \"\"\n"));
    const auto by_file = read_serve({"--config", file.path});
    ASSERT_FALSE(by_file) << flag;
    EXPECT_NE(by_file.error().text.find(file.path + ":2:"), std::string::npos) << by_file.error().text;
    EXPECT_EQ(by_file.error().text.find("not known"), std::string::npos) << by_file.error().text;
  }
  EXPECT_GT(flags, 20U);
}

TEST(Serve, FlagBeatsEnvironmentBeatsFileBeatsDefault) {
  const ConfigFile file(
      "[server]\nworkers = 3\nlisten = \"127.0.0.1:3\"\nproxy_protocol = false\n[log]\nlevel = \"debug\"\n"
      "[keys]\ncache = \"c.json\"\n");
  const Environment config("CALLGATE_CONFIG", file.path.c_str());
  const Environment listen("CALLGATE_LISTEN", "127.0.0.1:2");
  const Environment workers("CALLGATE_WORKERS", "2");
  const auto settings = read_serve({"--audience", kGuid, "--workers", "1"});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->config_file, file.path);
  EXPECT_EQ(settings->server.workers, 1U);
  EXPECT_EQ(settings->server.listen.text(), "127.0.0.1:2");
  EXPECT_EQ(settings->log_level, "debug");
  EXPECT_FALSE(settings->log_json);
  EXPECT_EQ(settings->keys_cache_file, testing::TempDir() + "c.json") << "seen from the file's folder";
  EXPECT_EQ(settings->providers.at(0).provider.name, "acs");
}

TEST(Serve, VariablesOfOneProvider) {
  const Environment skew("CALLGATE_CLOCK_SKEW", "10s");
  const Environment audience("CALLGATE_AUDIENCE", "a,b");
  const Environment insecure("CALLGATE_INSECURE_HTTP_ISSUER", "true");
  const auto from_environment = read_serve({"--issuer", "http://127.0.0.1:1"});
  ASSERT_TRUE(from_environment) << from_environment.error().text;
  const ProviderSettings& provider = from_environment->providers.at(0);
  EXPECT_EQ(provider.provider.rules.clock_skew, 10s);
  EXPECT_EQ(provider.issuer.discovery, "http://127.0.0.1:1/calling/.well-known/acsopenidconfiguration");
  EXPECT_EQ(provider.provider.rules.audiences, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(provider.warnings.size(), 2U);
  const auto from_flag = read_serve({"--clock-skew", "20s", "--audience", kGuid, "--audience=x"});
  ASSERT_TRUE(from_flag) << from_flag.error().text;
  EXPECT_EQ(from_flag->providers.at(0).provider.rules.clock_skew, 20s);
  EXPECT_EQ(from_flag->providers.at(0).provider.rules.audiences, (std::vector<std::string>{kGuid, "x"}));
}

constexpr const char* kNamed =
    "[[provider]]\nname = \"one\"\naudiences = [\"x\"]\n[[provider]]\nname = \"two\"\naudiences = [\"y\"]\n"
    "[[route]]\npath = \"/c\"\nproviders = [\"one\", \"two\"]\n";

TEST(Serve, FilesThatCannotBeReadHaveTheirPlace) {
  const ConfigFile file(std::string("[server.tls]\ncertificate = \"/dev/null\"\nkey = \"/none/key.pem\"\n") +
                        "[[provider]]\nname = \"one\"\naudiences = [\"x\"]\nkeys = \"/none/keys.json\"\n"
                        "[[route]]\npath = \"/c\"\nproviders = [\"one\"]\nupstream = \"https://x\"\n"
                        "upstream_ca = \"/none/ca.pem\"\n");
  const auto settings = read_serve({"--config", file.path});
  ASSERT_FALSE(settings);
  for (const char* finding :
       {":3:7: key: cannot read '/none/key.pem': No such file or directory; write the path",
        ":7:8: keys: cannot read '/none/keys.json'", ":12:15: upstream_ca: cannot read '/none/ca.pem'"})
    EXPECT_NE(settings.error().text.find(file.path + finding), std::string::npos) << settings.error().text;
}

TEST(Serve, AnEmptyPartOfAListIsLookedAt) {
  for (const char* list : {"a,", ",a", "a,,b", ","}) {
    const auto settings = read_serve({"--audience", list});
    ASSERT_FALSE(settings) << list;
    EXPECT_NE(settings.error().text.find("--audience: "), std::string::npos) << settings.error().text;
  }
}

TEST(Serve, FlagsOfOneProviderCannotStandBesideNamedOnes) {
  const ConfigFile file(kNamed);
  const auto good = read_serve({"--config", file.path, "--listen", "127.0.0.1:1", "--keys-ca", "/dev/null"});
  ASSERT_TRUE(good) << good.error().text;
  EXPECT_EQ(good->providers.size(), 2U);
  EXPECT_EQ(good->providers[1].ca_file, "/dev/null");
  const std::vector<std::vector<std::string>> beside{{"--audience", "x"},
                                                     {"--issuer", "https://x"},
                                                     {"--discovery", "https://x"},
                                                     {"--keys", "k"},
                                                     {"--clock-skew", "1s"},
                                                     {"--max-lifetime", "1m"},
                                                     {"--insecure-http-issuer"},
                                                     {"--require-issued-at"},
                                                     {"--path", "/x"},
                                                     {"--upstream", "http://x"},
                                                     {"--replay", "off"}};
  for (std::vector<std::string> arguments : beside) {
    const std::string flag = arguments[0];
    arguments.insert(arguments.end(), {"--config", file.path});
    const auto settings = read_serve(arguments);
    ASSERT_FALSE(settings) << flag;
    EXPECT_EQ(settings.error().exit_code, 2);
    EXPECT_TRUE(settings.error().text.starts_with(
        "callgate serve: " + flag + ": cannot stand beside [[provider]] or [[route]] in " + file.path))
        << settings.error().text;
  }
  const Environment audience("CALLGATE_AUDIENCE", "x");
  EXPECT_FALSE(read_serve({"--config", file.path}));
}

TEST(Serve, WhatIsWrongInTheFileHasItsPlace) {
  const ConfigFile file("[server]\nlisten = \"x\"\n[[provider]]\n");
  const auto settings = read_serve({"--config", file.path, "--log-level", "loud"});
  ASSERT_FALSE(settings);
  EXPECT_EQ(settings.error().exit_code, 2);
  const std::string& text = settings.error().text;
  EXPECT_TRUE(text.starts_with(file.path + ":2:10: listen: ")) << text;
  EXPECT_NE(text.find("\n" + file.path + ":3:1: [[provider]]: name is missing"), std::string::npos) << text;
  EXPECT_NE(text.find("\n" + file.path + ":1:1: has no [[route]]"), std::string::npos) << text;
  EXPECT_TRUE(
      text.ends_with("\ncallgate serve: --log-level: 'loud' is not known; write \"debug\", \"info\", "
                     "\"warning\" or \"error\"\nSee callgate serve --help.\n"))
      << text;
  const ConfigFile broken("x");
  EXPECT_TRUE(read_serve({"--config", broken.path}).error().text.starts_with(broken.path + ":1:"));
}

TEST(Serve, FileThatCannotBeReadIsAnError) {
  const auto gone = read_serve({"--config", "/nonexistent"});
  ASSERT_FALSE(gone);
  EXPECT_NE(gone.error().text.find("--config: cannot read '/nonexistent'"), std::string::npos);
  const ConfigFile large(std::string(std::size_t{1024} * 1024, '#') + "\n");
  EXPECT_NE(read_serve({"--config", large.path}).error().text.find("larger than 1048576 bytes"),
            std::string::npos);
}

TEST(Serve, WhatWouldBeUnsafeOrUnclearIsAnErrorThatSaysWhatToWrite) {
  const struct {
    std::vector<std::string> arguments;
    const char* says;
  } cases[] = {
      {{}, "--audience: is missing"},
      {{"--audience", ""}, "--audience"},
      {{"--audience", kGuid, "--issuer", "http://x"}, "add --insecure-http-issuer"},
      {{"--audience", kGuid, "--discovery", "http://x/d"}, "add --insecure-http-issuer"},
      {{"--audience", kGuid, "--discovery", "x"}, "--discovery: 'x' is not a URL"},
      {{"--audience", kGuid, "--issuer", ""}, "--issuer"},
      {{"--audience", kGuid, "--clock-skew", "6m"}, "--clock-skew: 6m is out of range; write 0s to 5m"},
      {{"--audience", kGuid, "--clock-skew", "30"}, "not a duration"},
      {{"--audience", kGuid, "--max-lifetime", "25h"}, "write 1s to 1d"},
      {{"--audience", kGuid, "--max-lifetime", "0s"}, "write 1s to 1d"},
      {{"--audience", kGuid, "--listen", "8080"}, "not an address"},
      {{"--audience", kGuid, "--admin", "0.0.0.0:1"}, "admin_token_file"},
      {{"--audience", kGuid, "--admin-token-file", "/nonexistent"}, "--admin-token-file: cannot read"},
      {{"--audience", kGuid, "--proxy-protocol"}, "--proxy-protocol: needs"},
      {{"--audience", kGuid, "--path", "api"}, "not a plain path"},
      {{"--audience", kGuid, "--path", "/callgate/x"}, "callgate's own"},
      {{"--audience", kGuid, "--upstream", "ftp://x"}, "--upstream"},
      {{"--audience", kGuid, "--upstream", "http://x", "--upstream-ca", "/dev/null"}, "--upstream-ca"},
      {{"--audience", kGuid, "--shadow"}, "--shadow"},
      {{"--audience", kGuid, "--replay", "enforced"}, "--replay: 'enforced' is not"},
      {{"--audience", kGuid, "--inbox", "x.db", "--shadow"}, "--shadow: cannot stand beside an inbox"},
      {{"--audience", kGuid, "--hand-over-secret-file", "/nonexistent"},
       "--hand-over-secret-file: cannot read"},
      {{"--audience", kGuid, "--workers", "0"}, "--workers: 0 is out of range"},
      {{"--audience", kGuid, "--workers", "two"}, "--workers: 'two' is not a whole number"},
      {{"--audience", kGuid, "--log-format", "xml"}, "--log-format"},
      {{"--audience", kGuid, "--keys-refresh-window", "0s"}, "--keys-refresh-window"},
      {{"--audience", kGuid, "--keys-stale-max", "1h"}, "--keys-stale-max: keys would be too old"},
      {{"--audience", kGuid, "--keys-refresh", "48h"}, "write --keys-stale-max at least as long"},
      {{"--audience", kGuid, "--listen", "127.0.0.1:1", "--listen", "127.0.0.1:2"}, "--listen"},
      {{"--audience", kGuid, "--no-such-flag"}, "--no-such-flag"},
      {{"--audience", kGuid, "stray"}, "stray"},
  };
  for (const auto& c : cases) {
    const auto settings = read_serve(c.arguments);
    ASSERT_FALSE(settings) << c.says;
    EXPECT_EQ(settings.error().exit_code, 2);
    EXPECT_NE(settings.error().text.find(c.says), std::string::npos) << settings.error().text;
    EXPECT_TRUE(settings.error().text.starts_with("callgate serve: ")) << settings.error().text;
  }
}

TEST(Serve, HelpShowsDefaults) {
  const auto help = read_serve({"--help"});
  ASSERT_FALSE(help);
  EXPECT_EQ(help.error().exit_code, 0);
  for (const char* word : {"--audience", "127.0.0.1:8080", "30s", "12h", "CALLGATE_CLOCK_SKEW",
                           "acscallautomation", "--config"}) {
    EXPECT_NE(help.error().text.find(word), std::string::npos) << word;
  }
}

TEST(Check, TakesWhatServeTakes) {
  const ConfigFile file(kNamed);
  const auto settings = read_check({"--config", file.path, "--online", "-o", "json", "--workers", "2"});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_TRUE(settings->online);
  EXPECT_TRUE(settings->json);
  EXPECT_EQ(settings->serve.server.workers, 2U);
  EXPECT_EQ(settings->serve.routes.size(), 1U);
}

TEST(Verify, ReadsItsFlags) {
  const auto settings = read_verify({"--audience", kGuid, "--token", "t", "--keys", "k.json", "--at",
                                     "2026-09-30T08:15:42Z", "-o", "json"});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->token, "t");
  EXPECT_EQ(settings->providers.at(0).keys_file, "k.json");
  EXPECT_TRUE(settings->at);
  EXPECT_TRUE(settings->json);
  EXPECT_FALSE(read_verify({"--audience", kGuid, "--token", "t", "--token-file", "f"}));
  EXPECT_FALSE(read_verify({"--audience", kGuid, "--at", "noon"}));
  EXPECT_FALSE(read_verify({"--token", "t"}));
}

TEST(Verify, UsesTheProvidersOfTheFileAndReadsNoSecret) {
  const ConfigFile file(std::string(kNamed) + "query_secret = { name = \"t\", file = \"/nonexistent\" }\n");
  const auto settings = read_verify({"--config", file.path, "--token", "t"});
  ASSERT_TRUE(settings) << settings.error().text;
  ASSERT_EQ(settings->providers.size(), 2U);
  EXPECT_EQ(settings->providers[1].provider.name, "two");
  EXPECT_FALSE(read_serve({"--config", file.path}));
  EXPECT_FALSE(read_verify({"--config", file.path, "--keys", "k.json"}));
}

TEST(Version, TakesAFormAndShowsItsDefault) {
  EXPECT_FALSE(read_version({})->json);
  EXPECT_FALSE(read_version({"-o", "text"})->json);
  EXPECT_TRUE(read_version({"-o", "json"})->json);
  EXPECT_TRUE(read_version({"--output=json"})->json);
  for (const char* word : {"--help", "-h"}) {
    const auto help = read_version({word});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().exit_code, 0);
    EXPECT_NE(help.error().text.find("=text"), std::string::npos) << help.error().text;
  }
  for (const char* word : {"json", "--json", "-o"}) {
    const auto wrong = read_version({word});
    ASSERT_FALSE(wrong) << word;
    EXPECT_EQ(wrong.error().exit_code, 2);
    EXPECT_NE(wrong.error().text.find("callgate version"), std::string::npos) << wrong.error().text;
  }
}

TEST(Keys, NeedNoAudience) {
  const auto settings = read_keys({"--issuer", "https://i"});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->providers.at(0).issuer.issuer, "https://i");
  EXPECT_FALSE(settings->admin);
  const ConfigFile file(kNamed);
  EXPECT_EQ(read_keys({"--config", file.path})->providers.size(), 2U);
}

TEST(Keys, OfARunningGateway) {
  const ConfigFile token("s3cret\n");
  const auto settings = read_keys({"--admin", "http://127.0.0.1:9464", "--admin-token-file", token.path});
  ASSERT_TRUE(settings) << settings.error().text;
  EXPECT_EQ(settings->admin->authority(), "127.0.0.1:9464");
  EXPECT_EQ(settings->admin_token.reveal(), "s3cret");
  EXPECT_TRUE(settings->providers.empty());
  const Environment admin("CALLGATE_ADMIN", "127.0.0.1:9464");  // serve's, an address
  EXPECT_FALSE(read_keys({"--issuer", "https://i"})->admin);
  EXPECT_FALSE(read_keys({"--admin", "127.0.0.1:9464"}));
  EXPECT_FALSE(read_keys({"--admin", "http://127.0.0.1:9464/x"}));
  EXPECT_FALSE(read_keys({"--admin", "http://127.0.0.1:9464", "--admin-token-file", "/nonexistent"}));
}

}  // namespace
}  // namespace callgate::config
