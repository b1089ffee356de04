// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

Verdict refused() {
  Verdict verdict;
  verdict.sequence = 7;
  verdict.request_id = "r7";
  verdict.provider = "acs";
  verdict.route = "/api/callback";
  verdict.verdict = "refuse";
  verdict.reason = "key_unknown";
  verdict.status = 401;
  verdict.kid = "k\r\ndata: {}\n\nevent: x";
  verdict.peer = "192.0.2.1";
  verdict.milliseconds = 0.25;
  return verdict;
}

Answer ask(Commands& commands, const std::string& method, const std::string& target,
           const std::string& last_event_id = "") {
  auto head = request(method, target, {{"Host", "127.0.0.1:9464"}});
  if (!last_event_id.empty()) head.headers.add("Last-Event-ID", last_event_id);
  return answer({{"127.0.0.1", 9464}, {}}, commands, head, "");
}

TEST(Verdicts, ShowWhatThePersonOnCallAsksFor) {
  FakeCommands commands;
  commands.kept.rows = {Verdict{.sequence = 6, .verdict = "admit", .event_types = {"a", "b"}, .call_id = "c"},
                        refused()};
  const auto document = json::parse(ask(commands, "GET", "/api/v1/verdicts").response.body);
  ASSERT_TRUE(document);
  const auto rows = document->root().find("verdicts")->elements();
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].find("request_id")->as_string(), "r7") << "the newest first";
  EXPECT_EQ(rows[0].find("reason")->as_string(), "key_unknown");
  EXPECT_EQ(rows[0].find("status")->as_integer(), 401);
  EXPECT_TRUE(rows[1].find("reason")->kind() == json::Kind::null);
  EXPECT_EQ(rows[1].find("event_types")->elements().size(), 2U);
  const auto one = json::parse(ask(commands, "GET", "/api/v1/verdicts?limit=1").response.body);
  EXPECT_EQ(one->root().find("verdicts")->elements().size(), 1U);
}

TEST(Verdicts, NoWordOfAStrangerForgesAnEvent) {
  const std::string event = verdict_event(refused());
  EXPECT_TRUE(event.starts_with("id: 7\ndata: {")) << event;
  EXPECT_TRUE(event.ends_with("}\n\n"));
  EXPECT_EQ(std::count(event.begin(), event.end(), '\n'), 3);
  EXPECT_EQ(event.find('\r'), std::string::npos);
  EXPECT_EQ(missed_event(3), "event: missed\ndata: {\"missed\":3}\n\n");
}

TEST(Verdicts, TheStreamGoesOnWhereTheReaderLeftOff) {
  struct Row {
    const char* last_event_id;
    std::uint64_t after;
  };
  FakeCommands commands;
  commands.kept.rows = {Verdict{.sequence = 5}, refused()};
  for (const Row& row : {Row{"", 7}, Row{"5", 5}, Row{"7", 7}, Row{"0", 0}, Row{"8", 7}, Row{"x", 7}}) {
    const Answer answer = ask(commands, "GET", "/api/v1/verdicts/stream", row.last_event_id);
    EXPECT_TRUE(answer.follows_verdicts);
    EXPECT_EQ(answer.after, row.after) << row.last_event_id;
    EXPECT_EQ(answer.response.headers.find("Content-Type"), "text/event-stream");
  }
  EXPECT_FALSE(ask(commands, "HEAD", "/api/v1/verdicts/stream").follows_verdicts);
  EXPECT_FALSE(ask(commands, "GET", "/api/v1/verdicts").follows_verdicts);
}

}  // namespace
}  // namespace callgate::admin
