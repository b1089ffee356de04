// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

namespace callgate::gateway {
namespace {

VerdictRecord hostile() {
  VerdictRecord record;
  record.request_id = "r1";
  record.provider = "acs";
  record.peer = "127.0.0.1";
  record.decision = gate::Decision::refuse;
  record.reason = refusal::Reason::key_unknown;
  record.status = 401;
  record.kid = "a\r\n2026-01-01T00:00:00Z info verdict=admit \x1b[31m\xFF" + std::string(5000, 'k');
  record.event_types = {"x\ny", "2", "3", "4", "5", "6", "7"};
  record.call_id = "c\"=\\";
  record.milliseconds = 0.5;
  return record;
}

TEST(Log, OneLineWhateverAStrangerWrites) {
  for (const std::string& line : {text_line(hostile()), json_line(hostile())}) {
    for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << line;
    EXPECT_LT(line.size(), 700U);
  }
  EXPECT_TRUE(json::parse(json_line(hostile())));
}

TEST(Log, TextLineNamesWhatThePersonOnCallNeeds) {
  VerdictRecord record;
  record.request_id = "r1";
  record.provider = "acs";
  record.peer = "127.0.0.1";
  record.status = 200;
  record.kid = "k1";
  record.event_types = {"Microsoft.Communication.CallConnected"};
  record.call_id = "c1";
  record.milliseconds = 0.25;
  EXPECT_EQ(text_line(record),
            "1970-01-01T00:00:00.000Z info verdict=admit reason=- status=200 provider=acs kid=k1 "
            "types=\"Microsoft.Communication.CallConnected\" call=c1 ms=0.25 peer=127.0.0.1 request=r1");
}

TEST(Log, NoLineHoldsAPhoneNumber) {
  struct Row {
    std::string text;
    std::string seen;
  };
  const Row rows[] = {
      {"+447700900123", "+44...123"},
      {"4:+447700900123", "4:+44...123"},
      {"/api/%2B447700900123", "/api/%2B44...123"},
      // Masked before it is cut: else six digits of it would stand at the end.
      {std::string(kForeignTextMax - 7, 'x') + "+447700900123",
       std::string(kForeignTextMax - 7, 'x') + "+44...1"},
  };
  for (const Row& row : rows) {
    for (std::string VerdictRecord::*member :
         {&VerdictRecord::kid, &VerdictRecord::call_id, &VerdictRecord::route}) {
      VerdictRecord record;
      record.*member = row.text;
      record.event_types = {row.text};
      for (const std::string& line : {text_line(record), json_line(record)}) {
        EXPECT_EQ(line.find("7700"), std::string::npos) << line;
        EXPECT_NE(line.find(row.seen), line.rfind(row.seen)) << line;
      }
    }
  }
}

}  // namespace
}  // namespace callgate::gateway
