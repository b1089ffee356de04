// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "verbs.hpp"

namespace callgate::console {
namespace {

gate::Report refused() {
  gate::Report report;
  report.checks = {
      {"issuer", gate::Check::Result::pass, {}, "a", "a", {}},
      {"expiry", gate::Check::Result::fail, refusal::Reason::token_expired, "after b", "c", -94.4},
      {"body", gate::Check::Result::not_checked, {}, "an event", "", {}}};
  report.reason = refusal::Reason::token_expired;
  report.likely_cause = "your clock is 94 s ahead";
  report.what_to_do = "set it";
  return report;
}

TEST(ReportText, ShowsEveryCheckTheReasonAndWhatToDo) {
  EXPECT_EQ(report_text(refused()),
            "issuer           pass             expected a\n"
            "                                  found    a\n"
            "expiry           FAIL      -94 s  expected after b\n"
            "                                  found    c\n"
            "body             -                expected an event\n"
            "\n"
            "The claims above are the token's own word: its signature was not proven.\n"
            "\n"
            "verdict       refuse\n"
            "reason        token_expired\n"
            "likely cause  your clock is 94 s ahead\n"
            "what to do    set it\n");
}

TEST(ReportText, JsonHoldsTheSame) {
  const auto document = json::parse(report_json(refused()));
  ASSERT_TRUE(document);
  const json::Value root = document->root();
  EXPECT_EQ(root.find("verdict")->as_string(), "refuse");
  EXPECT_EQ(root.find("reason")->as_string(), "token_expired");
  const auto checks = root.find("checks")->elements();
  ASSERT_EQ(checks.size(), 3U);
  EXPECT_EQ(checks[1].find("result")->as_string(), "fail");
  EXPECT_EQ(checks[1].find("margin_seconds")->as_number(), -94.4);
  EXPECT_EQ(checks[0].find("reason")->kind(), json::Kind::null);
}

TEST(ReportText, NamesTheProviderIfThereAreSeveral) {
  EXPECT_EQ(report_text(refused(), "acs"), "provider acs\n\n" + report_text(refused()));
  const auto document = json::parse(report_json(refused(), "acs"));
  ASSERT_TRUE(document);
  EXPECT_EQ(document->root().find("provider")->as_string(), "acs");
  EXPECT_FALSE(json::parse(report_json(refused()))->root().find("provider"));
}

TEST(Reports, TheTellingOneAdmitsOrGotFurthest) {
  const auto report = [](const std::string& checks) {
    gate::Report made;
    made.decision = gate::Decision::admit;
    for (const char c : checks) {
      const auto result = c == '+'   ? gate::Check::Result::pass
                          : c == '-' ? gate::Check::Result::fail
                                     : gate::Check::Result::not_checked;
      if (c == '-') made.decision = gate::Decision::refuse;
      made.checks.push_back({"any", result, {}, {}, {}, {}});
    }
    return made;
  };
  struct Row {
    std::vector<std::string> reports;  // + pass, - fail, . not checked
    std::size_t telling;
  };
  const Row rows[] = {
      {{"-"}, 0},           {{"+-", "++-"}, 1},
      {{"++-", "+-"}, 0},   {{"+-+++", "++-"}, 1},  // what passed behind the failure does not count
      {{"++-", "++-+"}, 0}, {{"++++-", "+.+"}, 1},
      {{"++", "+++"}, 0},
  };
  for (const Row& row : rows) {
    std::vector<gate::Report> reports;
    for (const std::string& checks : row.reports) reports.push_back(report(checks));
    EXPECT_EQ(find_telling(reports), row.telling) << row.reports[0];
  }
}

}  // namespace
}  // namespace callgate::console
