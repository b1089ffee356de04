// SPDX-License-Identifier: Apache-2.0
// docs/reasons.md has one section for each reason, in the order of the enumeration, and none for anything
// else.

#include <gtest/gtest.h>
#include <callgate/refusal/reason.hpp>

#include <sstream>

#include "respond.hpp"
#include "source_text.hpp"

namespace callgate::layering {
namespace {

struct Section {
  std::string word;
  std::string text;
};

std::vector<Section> sections_of_the_document() {
  std::istringstream lines{read_text(source_root() / "docs/reasons.md")};
  std::vector<Section> sections;
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("### `") && line.ends_with("`")) {
      sections.push_back({line.substr(5, line.size() - 6), ""});
    } else if (!sections.empty()) {
      sections.back().text += line + "\n";
    }
  }
  return sections;
}

TEST(ReasonsDocument, HasEveryReasonInOrderAndNoOther) {
  std::vector<std::string> expected;
  for (const refusal::Reason reason : refusal::all_reasons()) expected.emplace_back(refusal::to_text(reason));
  std::vector<std::string> documented;
  for (const Section& section : sections_of_the_document()) documented.push_back(section.word);
  EXPECT_EQ(documented, expected);
}

TEST(ReasonsDocument, TellsStatusMeaningCauseAndRemedy) {
  for (const Section& section : sections_of_the_document()) {
    for (const char* part : {"Status: ", "Meaning: ", "Usual cause: ", "Remedy: "}) {
      EXPECT_NE(section.text.find(part), std::string::npos) << section.word << " lacks '" << part << "'";
    }
  }
}

TEST(ReasonsDocument, NamesTheStatusThatTheGatewayAnswers) {
  for (const Section& section : sections_of_the_document()) {
    const auto reason = refusal::parse_reason(section.word);
    ASSERT_TRUE(reason) << section.word;
    const std::string line = "Status: " + std::to_string(gateway::status_of(*reason)) + "\n";
    EXPECT_NE(section.text.find(line), std::string::npos) << section.word << " lacks '" << line << "'";
  }
}

}  // namespace
}  // namespace callgate::layering
