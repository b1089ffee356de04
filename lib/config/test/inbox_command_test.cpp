// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>
#include <callgate/config/inbox_command.hpp>

#include <fstream>

#include "environment.hpp"

namespace callgate::config {
namespace {

using namespace std::chrono_literals;

tl::expected<InboxCommand, Stop> read(std::vector<std::string> arguments) {
  arguments.insert(arguments.end(), {"--inbox", "events.db"});
  return read_inbox(arguments);
}

class TextFile {
 public:
  explicit TextFile(const std::string& text) { std::ofstream(path, std::ios::binary) << text; }
  ~TextFile() { std::remove(path.c_str()); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  std::string path = testing::TempDir() + "callgate_inbox_" + std::to_string(getpid()) + ".toml";
};

TEST(InboxCommand, DefaultsAreThoseOfTheApi) {
  const auto list = read({"list"});
  ASSERT_TRUE(list) << list.error().text;
  EXPECT_EQ(list->verb, InboxVerb::list);
  EXPECT_EQ(list->file, "events.db");
  EXPECT_FALSE(list->admin);
  EXPECT_FALSE(list->json);
  EXPECT_FALSE(list->state);
  EXPECT_EQ(list->call, "");
  EXPECT_EQ(list->after, 0);
  EXPECT_EQ(list->limit, 100);
  const auto take = read({"take"});
  ASSERT_TRUE(take) << take.error().text;
  EXPECT_EQ(take->verb, InboxVerb::take);
  EXPECT_EQ(take->most, 10);
  EXPECT_EQ(take->lease, 60s);
}

TEST(InboxCommand, EveryArgumentArrives) {
  const auto list =
      read({"list", "--state", "dead", "--call", "c1", "--limit", "1000", "--after", "41", "-o", "json"});
  ASSERT_TRUE(list) << list.error().text;
  EXPECT_EQ(list->state, delivery::State::dead);
  EXPECT_EQ(list->call, "c1");
  EXPECT_EQ(list->limit, 1000);
  EXPECT_EQ(list->after, 41);
  EXPECT_TRUE(list->json);
  const auto take = read({"take", "--max", "3", "--lease", "2m"});
  ASSERT_TRUE(take) << take.error().text;
  EXPECT_EQ(take->most, 3);
  EXPECT_EQ(take->lease, 120s);
  const auto show = read({"show", "evt_1"});
  ASSERT_TRUE(show) << show.error().text;
  EXPECT_EQ(show->keys, std::vector<std::string>{"evt_1"});
  const auto all = read({"ack", "lease-1"});
  ASSERT_TRUE(all) << all.error().text;
  EXPECT_EQ(all->lease_id, "lease-1");
  EXPECT_TRUE(all->keys.empty());
  const auto ack = read({"ack", "lease-1", "evt_1", "evt_2"});
  ASSERT_TRUE(ack) << ack.error().text;
  EXPECT_EQ(ack->lease_id, "lease-1");
  EXPECT_EQ(ack->keys, (std::vector<std::string>{"evt_1", "evt_2"}));
  const auto redeliver = read({"redeliver", "evt_1", "evt_2"});
  ASSERT_TRUE(redeliver) << redeliver.error().text;
  EXPECT_EQ(redeliver->keys, (std::vector<std::string>{"evt_1", "evt_2"}));
  const auto forget = read({"forget", "context:ab"});
  ASSERT_TRUE(forget) << forget.error().text;
  EXPECT_EQ(forget->call, "context:ab");
  EXPECT_EQ(read({"stats"})->verb, InboxVerb::stats);
}

TEST(InboxCommand, WhatIsWrongIsUsageAndSaysWhatToWrite) {
  struct Row {
    std::vector<std::string> arguments;
    const char* says;
  };
  const Row rows[] = {
      {{}, "Usage: callgate inbox VERB"},
      {{"lsit"}, "did you mean 'list'?"},
      {{"--inbox", "x", "list"}, "there is no '--inbox'"},
      {{"list"}, "which inbox?"},
      {{"list", "--inbox", "x", "more"}, "more"},
      {{"list", "--inbox", "x", "--state", "lost"}, "--state"},
      {{"list", "--inbox", "x", "--limit", "0"}, "--limit"},
      {{"list", "--inbox", "x", "--limit", "1001"}, "--limit"},
      {{"list", "--inbox", "x", "--after", "-1"}, "--after"},
      {{"list", "--inbox", "x", "--lease", "60s"}, "--lease"},
      {{"show", "--inbox", "x"}, "KEY"},
      {{"show", "--inbox", "x", "evt_1", "evt_2"}, "At Most 1"},
      {{"take", "--inbox", "x", "--max", "1001"}, "--max"},
      {{"take", "--inbox", "x", "--lease", "60"}, "from 1s to 30m"},
      {{"take", "--inbox", "x", "--lease", "0s"}, "from 1s to 30m"},
      {{"take", "--inbox", "x", "--lease", "31m"}, "from 1s to 30m"},
      {{"forget", "--inbox", "x", std::string(8193, 'c')}, "as list shows it"},
      {{"list", "--inbox", "x", "--call", std::string(8193, 'c')}, "as list shows it"},
      {{"take", "--inbox", "x", "--lease", "1500ms"}, "from 1s to 30m"},
      {{"ack", "--inbox", "x"}, "LEASE"},
      {{"redeliver", "--inbox", "x"}, "KEY"},
      {{"forget", "--inbox", "x"}, "CALL"},
      {{"stats", "--inbox", "x", "-o", "xml"}, "output"},
      {{"stats", "--admin", "127.0.0.1:9464"}, "write for example http://127.0.0.1:9464"},
      {{"stats", "--admin", "http://127.0.0.1:9464", "--admin-token-file", "/nowhere"}, "--admin-token-file"},
      {{"stats", "--config", "/nowhere"}, "--config"},
  };
  for (const Row& row : rows) {
    const auto command = read_inbox(row.arguments);
    const std::string what = row.arguments.empty() ? "" : row.arguments.front();
    ASSERT_FALSE(command) << what << " " << row.says;
    EXPECT_EQ(command.error().exit_code, 2) << what << " " << row.says;
    EXPECT_NE(command.error().text.find(row.says), std::string::npos) << command.error().text;
  }
}

TEST(InboxCommand, HelpTellsEveryDefault) {
  for (const char* word : {"--help", "-h", "help"}) {
    const auto help = read_inbox({word});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().exit_code, 0);
    for (const char* part : {"list", "show", "take", "ack", "redeliver", "forget", "stats", "--max 10",
                             "--lease 60s", "--limit 100", "--admin URL", "Exit: 0"}) {
      EXPECT_NE(help.error().text.find(part), std::string::npos) << part << "\n" << help.error().text;
    }
  }
  struct Row {
    const char* verb;
    std::vector<const char*> parts;
  };
  const Row rows[] = {
      {"list", {"--state", "--call", "=100", "--after", "=0"}},
      {"show", {"KEY", "body"}},
      {"take", {"=10", "=60s"}},
      {"ack", {"LEASE", "all of them"}},
      {"redeliver", {"KEY"}},
      {"forget", {"CALL"}},
      {"stats", {"--admin"}},
  };
  for (const Row& row : rows) {
    const auto help = read_inbox({row.verb, "--help"});
    ASSERT_FALSE(help);
    EXPECT_EQ(help.error().exit_code, 0) << row.verb;
    for (const char* part : row.parts)
      EXPECT_NE(help.error().text.find(part), std::string::npos) << part << "\n" << help.error().text;
    for (const char* part : {"--admin-token-file", "CALLGATE_INBOX", "CALLGATE_CONFIG", "=text", "Exit: 0"})
      EXPECT_NE(help.error().text.find(part), std::string::npos) << part << "\n" << help.error().text;
  }
}

TEST(InboxCommand, TheInboxIsTheGatewaysElseTheFlagsElseTheFiles) {
  const TextFile config("[inbox]\npath = \"kept.db\"\n");
  const auto by_config = read_inbox({"stats", "--config", config.path});
  ASSERT_TRUE(by_config) << by_config.error().text;
  EXPECT_EQ(by_config->file, config.path.substr(0, config.path.rfind('/')) + "/kept.db");
  EXPECT_EQ(read_inbox({"stats", "--config", config.path, "--inbox", "x.db"})->file, "x.db");
  const Environment inbox("CALLGATE_INBOX", "environment.db");
  EXPECT_EQ(read_inbox({"stats", "--config", config.path})->file, "environment.db");
  EXPECT_EQ(read_inbox({"stats", "--inbox", "x.db"})->file, "x.db");
  const auto by_admin = read_inbox({"stats", "--admin", "http://[::1]:9464"});
  ASSERT_TRUE(by_admin) << by_admin.error().text;
  EXPECT_EQ(by_admin->file, "");
  EXPECT_EQ(by_admin->admin->origin(), "http://[::1]:9464");
}

TEST(InboxCommand, AConfigurationWithoutOneSaysSo) {
  for (const char* text : {"", "[server]\nlisten = \"127.0.0.1:1\"\n"}) {
    const TextFile config(text);
    const auto command = read_inbox({"stats", "--config", config.path});
    ASSERT_FALSE(command);
    EXPECT_EQ(command.error().exit_code, 2);
    EXPECT_NE(command.error().text.find("names no inbox"), std::string::npos) << command.error().text;
  }
  const TextFile broken("[inbox]\npath = 7\n");
  const auto command = read_inbox({"stats", "--config", broken.path});
  ASSERT_FALSE(command);
  EXPECT_EQ(command.error().exit_code, 2);
  EXPECT_NE(command.error().text.find(":2:8: path: expected text in quotes"), std::string::npos)
      << command.error().text;
}

}  // namespace
}  // namespace callgate::config
