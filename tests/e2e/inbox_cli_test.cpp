// SPDX-License-Identifier: Apache-2.0
// The people's side of the inbox: /api/v1/inbox of a running gateway, and `callgate inbox` against it and
// against the file that it left.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <atomic>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

using namespace std::chrono_literals;

constexpr const char* kPhone = "+4915112345678";

std::string event_of(const std::string& call, const std::string& id) {
  return R"({"id":")" + id + R"(","source":"calling/callConnections/)" + call +
         R"(","type":"Microsoft.Communication.ParticipantsUpdated","specversion":"1.0","data":{"callConnectionId":")" +
         call + R"(", "participants":[{"rawId":"4:)" + kPhone + R"("}]}})";
}

// With the caller's number in the query, as applications write their callback URLs.
int place(const Gateway& gateway, const TestIssuer& issuer, const std::string& call, const std::string& id) {
  return post(gateway.address(), "/api/callback/7?callerId=%2B4915112345678", bearer(issuer.token()),
              event_of(call, id))
      .status;
}

Answer ask(const Gateway& gateway, const std::string& method, const std::string& below,
           const std::string& body = {}) {
  return request(gateway.admin(),
                 method + " /api/v1/inbox" + below + " HTTP/1.1\r\nHost: " + gateway.admin() +
                     "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body);
}

struct Ran {
  int code;
  std::string output;
  std::string errors;
};
Ran run(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "inbox");
  Process process(CALLGATE_PROGRAM, arguments);
  const int code = process.wait();
  return {code, process.output(), process.errors()};
}

// The texts under `name` of all events of a list or a lease.
std::vector<std::string> each(const std::string& document, const std::string& name) {
  std::vector<std::string> out;
  const auto parsed = json::parse(document);
  const auto events = parsed ? parsed->root().find("events") : std::nullopt;
  if (!events) return out;
  for (const json::Value& event : events->elements()) {
    const auto value = event.find(name);
    out.emplace_back(value ? value->as_string().value_or("") : "");
  }
  return out;
}

std::string text_of(const std::string& document, const std::string& name) {
  const auto parsed = json::parse(document);
  const auto value = parsed ? parsed->root().find(name) : std::nullopt;
  return value ? std::string(value->as_string().value_or("")) : "";
}

bool names_the_caller(const std::string& text) {
  return text.find("4915112345678") != std::string::npos;
}

using Texts = std::vector<std::string>;

TEST(InboxApi, EventsAreLentAcknowledgedShownAndForgotten) {
  const TestIssuer issuer;
  const Folder folder;
  const Gateway gateway(issuer.url(), {"--inbox", folder.path("inbox.db")});
  ASSERT_TRUE(gateway.becomes_ready());
  for (const char* id : {"a1", "a2", "a3"}) ASSERT_EQ(place(gateway, issuer, "call-a", id), 200);
  ASSERT_EQ(place(gateway, issuer, "call-b", "b1"), 200);

  const Answer listed = ask(gateway, "GET", "?state=queued");
  EXPECT_EQ(listed.status, 200);
  EXPECT_EQ(each(listed.body, "event_id"), (Texts{"a1", "a2", "a3", "b1"}));
  EXPECT_FALSE(names_the_caller(listed.body)) << listed.body;
  const std::string key = each(listed.body, "key").at(0);
  const Answer shown = ask(gateway, "GET", "/" + key);
  EXPECT_EQ(shown.status, 200);
  EXPECT_EQ(text_of(shown.body, "path"), "/api/callback/7");
  EXPECT_EQ(text_of(shown.body, "issuer"), issuer.url());
  EXPECT_NE(shown.body.find("\"claims\":{"), std::string::npos) << shown.body;
  EXPECT_FALSE(names_the_caller(shown.body)) << shown.body;

  const Answer taken = ask(gateway, "POST", "/take", R"({"max":2,"lease_seconds":1800})");
  EXPECT_EQ(taken.status, 200);
  ASSERT_EQ(each(taken.body, "body"), (Texts{event_of("call-a", "a1"), event_of("call-a", "a2")}));
  EXPECT_EQ(each(taken.body, "target").at(0), "/api/callback/7?callerId=%2B4915112345678");
  const std::string until = text_of(taken.body, "until");
  EXPECT_EQ(each(ask(gateway, "GET", "").body, "lent_until"), (Texts{until, until, "", ""}));
  EXPECT_NE(ask(gateway, "GET", "/stats").body.find(R"("lent":2)"), std::string::npos);
  EXPECT_NE(run({"list", "--admin", "http://" + gateway.admin()}).output.find(" lent "), std::string::npos);
  const Answer others = ask(gateway, "POST", "/take");
  EXPECT_EQ(each(others.body, "event_id"), Texts{"b1"}) << "the rest of a lent call waits";
  EXPECT_EQ(ask(gateway, "POST", "/take").body, R"({"lease":null,"until":null,"events":[]})");

  const std::string lease = json::quote(text_of(taken.body, "lease"));
  EXPECT_EQ(ask(gateway, "POST", "/ack", "{\"lease\":" + lease + "}").body, R"({"acknowledged":2})");
  EXPECT_EQ(ask(gateway, "POST", "/ack", "{\"lease\":" + lease + "}").status, 409);
  EXPECT_EQ(each(ask(gateway, "POST", "/take").body, "event_id"), Texts{"a3"});
  EXPECT_NE(ask(gateway, "GET", "/stats").body.find(R"("queued":2,"delivered":0,"taken":2,"dead":0)"),
            std::string::npos);

  EXPECT_EQ(ask(gateway, "POST", "/redeliver", "{\"key\":\"" + key + "\"}").body, R"({"redelivered":1})");
  EXPECT_EQ(ask(gateway, "POST", "/redeliver", "{\"key\":\"" + key + "\"}").status, 404) << "it is queued";
  EXPECT_EQ(ask(gateway, "POST", "/forget", R"({"call":"call-a"})").body, R"({"forgotten":3})");
  EXPECT_EQ(ask(gateway, "GET", "/" + key).status, 404);
  EXPECT_EQ(each(ask(gateway, "GET", "").body, "event_id"), Texts{"b1"});
}

TEST(InboxApi, IsThereOnlyWithAnInboxAndForThoseWhoMay) {
  const TestIssuer issuer;
  const Folder folder;
  const Gateway none(issuer.url());
  EXPECT_EQ(ask(none, "GET", "").status, 404);
  const Ran asked = run({"list", "--admin", "http://" + none.admin()});
  EXPECT_EQ(asked.code, 1);
  EXPECT_NE(asked.errors.find("this gateway has no inbox"), std::string::npos) << asked.errors;
  const Ran publicly = run({"list", "--admin", "http://" + none.address()});
  EXPECT_EQ(publicly.code, 1);
  EXPECT_NE(publicly.errors.find("its public one?"), std::string::npos) << publicly.errors;

  const std::string token = folder.write("token.txt", "admin-secret\n");
  const Gateway guarded(issuer.url(), {"--inbox", folder.path("inbox.db"), "--admin-token-file", token});
  EXPECT_EQ(ask(guarded, "GET", "").status, 401);
  const std::string url = "http://" + guarded.admin();
  const Ran refused = run({"stats", "--admin", url});
  EXPECT_EQ(refused.code, 1);
  EXPECT_NE(refused.errors.find("--admin-token-file"), std::string::npos) << refused.errors;
  const Ran known = run({"stats", "--admin", url, "--admin-token-file", token});
  EXPECT_EQ(known.code, 0) << known.errors;
}

TEST(InboxCli, AsksTheGatewayAndThenTheFileThatItLeft) {
  const TestIssuer issuer;
  const Folder folder;
  const std::string file = folder.path("inbox.db");
  {
    Gateway gateway(issuer.url(), {"--inbox", file});
    ASSERT_TRUE(gateway.becomes_ready());
    for (const char* id : {"a1", "a2"}) ASSERT_EQ(place(gateway, issuer, "call-a", id), 200);
    ASSERT_EQ(place(gateway, issuer, "call-b", "b1"), 200);
    const std::string url = "http://" + gateway.admin();
    const Ran listed = run({"list", "--admin", url});
    EXPECT_EQ(listed.code, 0) << listed.errors;
    EXPECT_NE(listed.output.find("call-a"), std::string::npos) << listed.output;
    EXPECT_FALSE(names_the_caller(listed.output)) << listed.output;
    const Ran taken = run({"take", "--max", "1", "--admin", url, "-o", "json"});
    EXPECT_EQ(taken.code, 0) << taken.errors;
    EXPECT_EQ(each(taken.output, "body"), Texts{event_of("call-a", "a1")});
    const Ran done = run({"ack", text_of(taken.output, "lease"), "--admin", url});
    EXPECT_EQ(done.code, 0) << done.errors;
    EXPECT_EQ(done.output, "acknowledged 1\n");
    const Ran held = run({"list", "--inbox", file});
    EXPECT_EQ(held.code, 1);
    EXPECT_NE(held.errors.find("--admin"), std::string::npos) << held.errors;
    gateway.process().signal(SIGTERM);
    EXPECT_EQ(gateway.process().wait(), 0);
    const Ran gone = run({"list", "--admin", url});
    EXPECT_EQ(gone.code, 1);
    EXPECT_NE(gone.errors.find("is it running"), std::string::npos) << gone.errors;
  }

  const std::string config = folder.write("callgate.toml", "[inbox]\npath = \"inbox.db\"\n");
  const Ran listed = run({"list", "--config", config, "-o", "json"});
  ASSERT_EQ(listed.code, 0) << listed.errors;
  ASSERT_EQ(each(listed.output, "event_id"), (Texts{"a1", "a2", "b1"}));
  EXPECT_EQ(each(listed.output, "state"), (Texts{"taken", "queued", "queued"}));
  const std::string key = each(listed.output, "key").at(0);
  const Ran shown = run({"show", key, "--inbox", file});
  EXPECT_EQ(shown.code, 0) << shown.errors;
  EXPECT_NE(shown.output.find("claim iss"), std::string::npos) << shown.output;
  EXPECT_FALSE(names_the_caller(shown.output)) << shown.output;

  const Ran taken = run({"take", "--inbox", file});
  EXPECT_EQ(taken.code, 0) << taken.errors;
  EXPECT_NE(taken.output.find(event_of("call-a", "a2")), std::string::npos) << taken.output;
  EXPECT_NE(taken.output.find(event_of("call-b", "b1")), std::string::npos) << taken.output;
  const Ran nothing = run({"take", "--inbox", file});
  EXPECT_EQ(nothing.code, 1);
  EXPECT_EQ(nothing.output, "nothing to take\n");
  EXPECT_EQ(run({"ack", "unknown", "--inbox", file}).code, 1);

  EXPECT_EQ(run({"redeliver", key, "--inbox", file}).output, "queued again 1\n");
  EXPECT_EQ(run({"redeliver", key, "--inbox", file}).code, 1) << "it is queued";
  EXPECT_EQ(run({"forget", "call-a", "--inbox", file}).output, "forgotten 2\n");
  EXPECT_EQ(run({"show", key, "--inbox", file}).code, 1);
  const Ran counted = run({"stats", "--inbox", file});
  EXPECT_EQ(counted.code, 0);
  EXPECT_TRUE(counted.output.starts_with("queued     1, of 1 calls, the oldest ")) << counted.output;
}

TEST(InboxCli, NumbersInPathsAndIdsAreMaskedButForWhoTakes) {
  const TestIssuer issuer;
  const Folder folder;
  const std::string file = folder.path("inbox.db"), call = std::string("4:") + kPhone;
  const std::string path = std::string("/api/callback/") + kPhone + "/%2B4915112345678";
  const std::string event = event_of(call, kPhone);
  const auto look = [](const std::vector<std::string>& where) {
    const auto with = [&](std::vector<std::string> arguments) {
      arguments.insert(arguments.end(), where.begin(), where.end());
      return run(arguments);
    };
    const Ran listed = with({"list", "-o", "json"});
    const std::string key = each(listed.output, "key").at(0);
    EXPECT_EQ(each(listed.output, "call"), Texts{"4:+49...678"});
    const Ran shown = with({"show", key, "-o", "json"});
    EXPECT_EQ(text_of(shown.output, "path"), "/api/callback/+49...678/%2B49...678");
    const Ran list_text = with({"list"}), show_text = with({"show", key});
    for (const Ran* one : {&listed, &shown, &list_text, &show_text}) {
      EXPECT_EQ(one->code, 0) << one->errors;
      EXPECT_FALSE(names_the_caller(one->output)) << one->output;
      EXPECT_NE(one->output.find("+49...678"), std::string::npos) << one->output;
      EXPECT_EQ(one->output.find("Dora Caller"), std::string::npos) << one->output;
    }
    EXPECT_NE(show_text.output.find("claim sub     ...\n"), std::string::npos) << show_text.output;
  };
  {
    Gateway gateway(issuer.url(), {"--inbox", file});
    ASSERT_TRUE(gateway.becomes_ready());
    ASSERT_EQ(post(gateway.address(), path, bearer(issuer.token({{"sub", "\"Dora Caller\""}})), event).status,
              200);
    look({"--admin", "http://" + gateway.admin()});
    gateway.process().signal(SIGTERM);
    EXPECT_EQ(gateway.process().wait(), 0);
  }
  look({"--inbox", file});
  EXPECT_EQ(each(run({"list", "--call", call, "--inbox", file, "-o", "json"}).output, "call").size(), 1U);
  const Ran taken = run({"take", "--inbox", file, "-o", "json"});
  EXPECT_EQ(each(taken.output, "target"), Texts{path});
  EXPECT_EQ(each(taken.output, "call"), Texts{call});
  EXPECT_EQ(each(taken.output, "subject"), Texts{"Dora Caller"});
  EXPECT_EQ(run({"forget", call, "--inbox", file}).output, "forgotten 1\n");
}

TEST(InboxCli, ACallWithALongIdIsForgottenByItsIdOrByItsName) {
  const TestIssuer issuer;
  const Folder folder;
  const std::string file = folder.path("inbox.db");
  const std::string by_id(3000, 'i'), by_name(3000, 'n'), later(3000, 'l');
  {
    Gateway gateway(issuer.url(), {"--inbox", file});
    ASSERT_TRUE(gateway.becomes_ready());
    for (const std::string& call : {by_id, by_name, later}) ASSERT_EQ(place(gateway, issuer, call, "1"), 200);
    const std::string url = "http://" + gateway.admin();
    const Ran listed = run({"list", "--call", by_name, "--admin", url, "-o", "json"});
    ASSERT_EQ(each(listed.output, "call").size(), 1U) << listed.output << listed.errors;
    const std::string name = each(listed.output, "call").front();
    EXPECT_TRUE(name.starts_with("call:")) << name;
    EXPECT_EQ(run({"forget", by_id, "--admin", url}).output, "forgotten 1\n");
    EXPECT_EQ(run({"forget", name, "--admin", url}).output, "forgotten 1\n");
    gateway.process().signal(SIGTERM);
    EXPECT_EQ(gateway.process().wait(), 0);
  }
  EXPECT_EQ(run({"forget", later, "--inbox", file}).output, "forgotten 1\n");
  EXPECT_EQ(run({"list", "--inbox", file}).output, "no events\n");
}

TEST(InboxCli, AWordAmissMakesNoFile) {
  const Folder folder;
  const std::string file = folder.path("mistyped.db");
  const Ran listed = run({"list", "--inbox", file});
  EXPECT_EQ(listed.code, 1);
  EXPECT_NE(listed.errors.find("there is no such file"), std::string::npos) << listed.errors;
  struct stat facts {};
  EXPECT_NE(stat(file.c_str(), &facts), 0);
  EXPECT_EQ(run({"list"}).code, 2);
  EXPECT_EQ(run({}).code, 2);
  EXPECT_EQ(run({"show", "7", "--inbox", folder.write("x.db", "no database")}).code, 1);
  EXPECT_EQ(run({"--help"}).code, 0);
}

TEST(InboxCli, ADeadEventIsQueuedAgainAndPushedAtOnce) {
  const TestIssuer issuer;
  const Folder folder;
  std::atomic<int> status{410}, pushes{0};
  const LocalServer application([&](std::shared_ptr<net::Exchange> exchange) {
    net::Exchange& reader = *exchange;
    reader.read_body(1 << 20, [&, exchange = std::move(exchange)](const refusal::Judged<std::string>&) {
      ++pushes;
      exchange->answer({status, {}, ""});
    });
  });
  const Gateway gateway(issuer.url(), {"--inbox", folder.path("inbox.db"), "--upstream", application.url()});
  ASSERT_TRUE(gateway.becomes_ready());
  ASSERT_EQ(place(gateway, issuer, "call-a", "a1"), 200);
  const auto first_key = [&](const std::string& state) {
    const auto deadline = std::chrono::steady_clock::now() + 30s;
    while (std::chrono::steady_clock::now() < deadline) {
      const auto keys = each(ask(gateway, "GET", "?state=" + state).body, "key");
      if (!keys.empty()) return keys.front();
    }
    return std::string();
  };
  const std::string key = first_key("dead");
  ASSERT_NE(key, "");
  const std::string url = "http://" + gateway.admin();
  EXPECT_NE(run({"list", "--admin", url}).output.find("410"), std::string::npos);
  const Ran taken = run({"take", "--admin", url});
  EXPECT_EQ(taken.code, 1);
  EXPECT_NE(taken.errors.find("pushes its inbox"), std::string::npos) << taken.errors;
  status = 200;
  const Ran again = run({"redeliver", key, "--admin", url});
  EXPECT_EQ(again.code, 0) << again.errors;
  EXPECT_EQ(first_key("delivered"), key);
  EXPECT_EQ(pushes, 2);
}

}  // namespace
}  // namespace callgate::e2e
