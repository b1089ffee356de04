// SPDX-License-Identifier: Apache-2.0
#include "inbox_api.hpp"

#include <gtest/gtest.h>

namespace callgate::console {
namespace {

using config::InboxCommand;
using config::InboxVerb;

constexpr const char* kWhere = "http://127.0.0.1:9464";

InboxCommand command(InboxVerb verb, std::vector<std::string> keys = {}) {
  InboxCommand out;
  out.verb = verb;
  out.keys = std::move(keys);
  return out;
}

TEST(InboxApi, ACommandIsARequest) {
  InboxCommand list = command(InboxVerb::list);
  EXPECT_EQ(inbox_request(list).head.method, "GET");
  EXPECT_EQ(inbox_request(list).head.target, "/api/v1/inbox?limit=100");
  list.state = delivery::State::taken;
  list.call = "a b/\xc3\xa9&~";
  list.after = 41;
  list.limit = 7;
  EXPECT_EQ(inbox_request(list).head.target,
            "/api/v1/inbox?limit=7&after=41&state=taken&call=a%20b%2F%C3%A9%26~");
  EXPECT_EQ(inbox_request(command(InboxVerb::show, {"evt_1"})).head.target, "/api/v1/inbox/evt_1");
  EXPECT_EQ(inbox_request(command(InboxVerb::show, {"../keys?x"})).head.target,
            "/api/v1/inbox/..%2Fkeys%3Fx");
  EXPECT_EQ(inbox_request(command(InboxVerb::stats)).head.target, "/api/v1/inbox/stats");

  InboxCommand ack = command(InboxVerb::ack);
  ack.lease_id = "lease-\"1\"";
  InboxCommand forget = command(InboxVerb::forget);
  forget.call = "c1";
  struct Row {
    InboxCommand command;
    const char* target;
    const char* body;
  };
  const Row rows[] = {
      {command(InboxVerb::take), "/api/v1/inbox/take", R"({"max":10,"lease_seconds":60})"},
      {ack, "/api/v1/inbox/ack", R"({"lease":"lease-\"1\""})"},
      {command(InboxVerb::redeliver, {"evt_1", "evt_2"}), "/api/v1/inbox/redeliver",
       R"({"keys":["evt_1","evt_2"]})"},
      {forget, "/api/v1/inbox/forget", R"({"call":"c1"})"},
  };
  for (const Row& row : rows) {
    const http::Request request = inbox_request(row.command);
    EXPECT_EQ(request.head.method, "POST");
    EXPECT_EQ(request.head.target, row.target);
    EXPECT_EQ(request.head.headers.find("Content-Type"), "application/json");
    EXPECT_EQ(request.body, row.body);
  }
  ack.keys = {"evt_1"};
  EXPECT_EQ(inbox_request(ack).body, R"({"lease":"lease-\"1\"","keys":["evt_1"]})");
}

TEST(InboxApi, EveryAnswerGetsItsExitCode) {
  const std::string one = R"({"lease":"l","until":"t","events":[{}]})";
  const std::string none = R"({"lease":null,"until":null,"events":[]})";
  const std::string problem = R"({"title":"x","detail":"it is \u001bso"})";
  struct Row {
    InboxCommand command;
    int status;
    int exit_code;
    std::string body;
    std::string says;
  };
  const Row rows[] = {
      {command(InboxVerb::list), 200, 0, R"({"events":[],"next":null})", "no events\n"},
      {command(InboxVerb::show, {"evt_1"}), 200, 0, R"({"key":"evt_1"})", "key  evt_1\n"},
      {command(InboxVerb::take), 200, 0, one, "callgate inbox ack l\n"},
      {command(InboxVerb::take), 200, 1, none, "nothing to take\n"},
      {command(InboxVerb::ack), 200, 0, R"({"acknowledged":3})", "acknowledged 3\n"},
      {command(InboxVerb::ack, {"a", "b"}), 200, 0, R"({"acknowledged":2})", "acknowledged 2\n"},
      {command(InboxVerb::ack, {"a", "b"}), 200, 1, R"({"acknowledged":1})", "acknowledged 1 of 2\n"},
      {command(InboxVerb::redeliver, {"a", "b"}), 200, 1, R"({"redelivered":1})", "queued again 1 of 2\n"},
      {command(InboxVerb::redeliver, {"a"}), 200, 0, R"({"redelivered":1})", "queued again 1\n"},
      {command(InboxVerb::forget), 200, 0, R"({"forgotten":0})", "forgotten 0\n"},
      {command(InboxVerb::stats), 200, 0, R"({"queued":1})", "queued     1\n"},
      {command(InboxVerb::take), 400, 2, problem, "it is \\u001bso"},
      {command(InboxVerb::show, {"evt_1"}), 404, 1, problem, "it is \\u001bso"},
      {command(InboxVerb::take), 409, 1, problem, "it is \\u001bso"},
      {command(InboxVerb::stats), 503, 1, problem, "it is \\u001bso"},
      {command(InboxVerb::stats), 401, 1, problem, "give --admin-token-file"},
      {command(InboxVerb::stats), 421, 1, problem, "IP address or localhost"},
      {command(InboxVerb::stats), 404, 1, R"({"detail":"no","reason":"route_unknown"})", "its public one?"},
      {command(InboxVerb::stats), 404, 1, "<html>", "its public one?"},
      {command(InboxVerb::stats), 200, 1, "<html>", "its public one?"},
      {command(InboxVerb::stats), 200, 1, "[]", "its public one?"},
  };
  for (const Row& row : rows) {
    const Outcome outcome = inbox_outcome(row.command, kWhere, {row.status, {}, row.body});
    EXPECT_EQ(outcome.exit_code, row.exit_code) << row.says;
    const bool is_answer = row.status == 200 && row.says != "its public one?";
    EXPECT_NE((is_answer ? outcome.output : outcome.errors).find(row.says), std::string::npos)
        << row.says << "\n"
        << outcome.output << outcome.errors;
    EXPECT_EQ((is_answer ? outcome.errors : outcome.output), "") << row.says;

    InboxCommand json = row.command;
    json.json = true;
    const Outcome as_json = inbox_outcome(json, kWhere, {row.status, {}, row.body});
    EXPECT_EQ(as_json.exit_code, row.exit_code) << row.says;
    EXPECT_EQ(as_json.output, is_answer ? row.body + "\n" : "") << row.says;
  }
}

}  // namespace
}  // namespace callgate::console
