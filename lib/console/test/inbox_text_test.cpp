// SPDX-License-Identifier: Apache-2.0
#include "inbox_text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

namespace callgate::console {
namespace {

constexpr const char* kList =
    R"({"events":[{"key":"evt_1","number":7,"route":"/api/callback","call":"c1","event_id":"e1",)"
    R"("type":"CallConnected","state":"dead","received_at":"2026-09-30T08:15:00.250Z","attempts":12,)"
    R"("note":"410"},{"key":"evt_2","number":11,"call":"call-two","type":"X","state":"queued",)"
    R"("lent_until":"2026-09-30T08:16:42.000Z","received_at":"2026-09-30T08:15:01.000Z","attempts":0},)"
    R"({"key":"evt_3","number":12,"call":"c3","type":"X","state":"queued",)"
    R"("received_at":"2026-09-30T08:15:02.000Z","attempts":0}],"next":12})";
constexpr const char* kEvent =
    R"({"key":"evt_1","number":7,"type":"CallConnected","claims":{"exp":1.5e3,"roles":["a"],"sub":"s"},)"
    R"("path":"/api/callback","body_bytes":27})";
constexpr const char* kStats =
    R"({"queued":3,"delivered":2,"taken":1,"dead":4,"lanes":2,"lent":1,"oldest_age_seconds":119.9,"bytes":1572864,)"
    R"("pushed":true,"trouble":"disk full"})";
constexpr const char* kLease =
    R"({"lease":"lease-1","until":"2026-09-30T08:16:42.000Z","events":[{"key":"evt_1","number":7,"call":"c1",)"
    R"("type":"CallConnected","received_at":"2026-09-30T08:15:00.250Z","attempts":2,"method":"POST",)"
    R"("target":"/api/callback?a=b","headers":[{"name":"Content-Type","value":"application/json"}],)"
    R"("body":"[{\"a\":\"\\u00e9\"}]\n"},{"key":"evt_2","body_base64":"//4="}]})";

template <class Show>
std::string text_of(Show show, const std::string& document) {
  const auto parsed = json::parse(document);
  if (!parsed) return "no JSON: " + parsed.error().what;
  return show(parsed->root(), document);
}

const auto kShowList = [](const json::Value& root, std::string_view) { return inbox_list_text(root); };
const auto kShowStats = [](const json::Value& root, std::string_view) { return inbox_stats_text(root); };
const auto kShowLease = [](const json::Value& root, std::string_view) { return inbox_lease_text(root); };

TEST(InboxText, AListIsATable) {
  EXPECT_EQ(text_of(kShowList, kList),
            "NUMBER  STATE   RECEIVED                  TRIES  KEY    TYPE           CALL      NOTE\n"
            "7       dead    2026-09-30T08:15:00.250Z  12     evt_1  CallConnected  c1        410\n"
            "11      lent    2026-09-30T08:15:01.000Z  0      evt_2  X              call-two  -\n"
            "12      queued  2026-09-30T08:15:02.000Z  0      evt_3  X              c3        -\n"
            "there may be more: --after 12\n");
  EXPECT_EQ(text_of(kShowList, R"({"events":[],"next":null})"), "no events\n");
  EXPECT_EQ(text_of(kShowList, "{}"), "no events\n");
}

TEST(InboxText, OneLongTextDoesNotWidenTheTable) {
  const std::string is_long(5000, 'x');
  const std::string list =
      text_of(kShowList, R"({"events":[{"key":"evt_1","type":")" + is_long + R"(","call":")" + is_long +
                             R"(","note":")" + is_long + R"("},{"key":"evt_2","type":"X"}]})");
  const std::string event = text_of(
      inbox_event_text, R"({"claims":{")" + is_long + R"(":"...","exp":1},"type":")" + is_long + R"("})");
  for (std::size_t at = 0; at < list.size(); at = list.find('\n', at) + 1)
    EXPECT_LE(list.find('\n', at) - at, 400U) << list;
  EXPECT_NE(list.find(std::string(77, 'x') + "...  "), std::string::npos) << list;
  EXPECT_NE(event.find("\nclaim exp" + std::string(73, ' ') + "1\n"), std::string::npos) << event;
  EXPECT_NE(event.find("type" + std::string(78, ' ') + is_long + "\n"), std::string::npos)
      << "there it hurts nobody";
}

TEST(InboxText, AnEventIsALineForEachThing) {
  EXPECT_EQ(text_of(inbox_event_text, kEvent),
            "key          evt_1\n"
            "number       7\n"
            "type         CallConnected\n"
            "claim exp    1.5e3\n"
            "claim roles  [\"a\"]\n"
            "claim sub    s\n"
            "path         /api/callback\n"
            "body_bytes   27\n");
}

TEST(InboxText, StatsSayWhatToKnow) {
  EXPECT_EQ(text_of(kShowStats, kStats),
            "queued     3, of 2 calls, the oldest 119 s old\n"
            "  lent     1\n"
            "delivered  2\n"
            "taken      1\n"
            "dead       4\n"
            "size       1.5 MiB\n"
            "pushed     yes: the gateway hands the events over itself, nobody can take them\n"
            "TROUBLE    disk full\n");
  EXPECT_EQ(text_of(kShowStats, R"({"queued":0,"delivered":0,"taken":0,"dead":0,"lanes":0,"bytes":7})"),
            "queued     0\n  lent     0\ndelivered  0\ntaken      0\ndead       0\nsize       7 B\n");
  struct Row {
    const char* seconds;
    const char* seen;
  };
  for (const Row& row : {Row{"0", "0 s"}, Row{"120", "2 min"}, Row{"7199", "119 min"}, Row{"7200", "2 h"},
                         Row{"172800", "2 d"}}) {
    const std::string text =
        text_of(kShowStats, R"({"oldest_age_seconds":)" + std::string(row.seconds) + "}");
    EXPECT_NE(text.find("the oldest " + std::string(row.seen) + " old"), std::string::npos) << text;
  }
}

TEST(InboxText, ALeaseHoldsTheBodiesAndHowToAcknowledge) {
  EXPECT_EQ(text_of(kShowLease, kLease),
            "lease        lease-1\n"
            "until        2026-09-30T08:16:42.000Z\n"
            "events       2\n"
            "acknowledge  callgate inbox ack lease-1\n"
            "\n"
            "evt_1  CallConnected  number 7, call c1, received 2026-09-30T08:15:00.250Z, tried 2 times\n"
            "  POST /api/callback?a=b\n"
            "  Content-Type: application/json\n"
            "  [{\"a\":\"\\u00e9\"}]\\n\n"
            "\n"
            "evt_2  -  number 0, call -, received -, tried 0 times\n"
            "  - -\n"
            "  base64: //4=\n");
  EXPECT_EQ(text_of(kShowLease, R"({"lease":null,"until":null,"events":[]})"), "nothing to take\n");
}

TEST(InboxText, ForeignTextCannotPaintTheTerminal) {
  const auto hostile = [](std::string document) {
    for (const char* word : {"evt_1", "CallConnected", "c1", "410", "disk full", "/api/callback",
                             "application/json", "lease-1", "dead", "roles", "[{"}) {
      const std::string quoted = std::string("\"") + word;
      for (std::size_t at = document.find(quoted); at != std::string::npos;
           at = document.find(quoted, at + 30)) {
        document.replace(at + 1, 0, R"(\u001b[31m\n\r\u007f\u202e)");
      }
    }
    return document;
  };
  const auto lines = [](const std::string& text) { return std::count(text.begin(), text.end(), '\n'); };
  struct Row {
    const char* document;
    std::function<std::string(const json::Value&, std::string_view)> show;
  };
  for (const Row& row : {Row{kList, kShowList}, Row{kEvent, inbox_event_text}, Row{kStats, kShowStats},
                         Row{kLease, kShowLease}}) {
    const std::string text = text_of(row.show, hostile(row.document));
    EXPECT_NE(text.find("\\u001b[31m"), std::string::npos) << text;
    EXPECT_EQ(text.find_first_of("\x1b\r\x7f"), std::string::npos) << text;
    EXPECT_EQ(text.find(std::string("\xe2\x80") + "\xae"), std::string::npos) << text;
    EXPECT_EQ(lines(text), lines(text_of(row.show, row.document))) << text;
  }
}

}  // namespace
}  // namespace callgate::console
