// SPDX-License-Identifier: Apache-2.0
#include "result.hpp"

#include <gtest/gtest.h>

namespace callgate::emulator {
namespace {

EventResult make_result(std::string expected, int status, std::string reason) {
  return {"call",
          "event",
          "Microsoft.Communication.CallConnected",
          "none",
          std::move(expected),
          status,
          std::move(reason),
          1.25};
}

TEST(EventResult, AdmitWantsAnySuccess) {
  EXPECT_TRUE(make_result("admit", 200, "").as_expected());
  EXPECT_TRUE(make_result("admit", 202, "").as_expected());
  EXPECT_FALSE(make_result("admit", 401, "token_expired").as_expected());
  EXPECT_FALSE(make_result("admit", 503, "keys_unavailable").as_expected());
  EXPECT_FALSE(make_result("admit", 0, "unreachable").as_expected());
}

TEST(EventResult, ReasonWantsThatWordOr401WithoutOne) {
  EXPECT_TRUE(make_result("token_expired", 401, "token_expired").as_expected());
  EXPECT_FALSE(make_result("token_expired", 401, "key_unknown").as_expected());
  EXPECT_TRUE(make_result("token_expired", 401, "").as_expected());
  EXPECT_FALSE(make_result("token_expired", 403, "").as_expected());
  EXPECT_FALSE(make_result("token_expired", 200, "").as_expected());
  EXPECT_FALSE(make_result("token_expired", 0, "timeout").as_expected());
}

TEST(Report, JsonReadsBack) {
  Report report;
  report.events = {make_result("admit", 200, ""), make_result("token_expired", 200, "")};
  const std::string text = to_json(report);
  EXPECT_EQ(
      text,
      R"({"events":[{"call_id":"call","event_id":"event","type":"Microsoft.Communication.CallConnected",)"
      R"("fault":"none","expected":"admit","status":200,"reason":"","milliseconds":1.25},)"
      R"({"call_id":"call","event_id":"event","type":"Microsoft.Communication.CallConnected",)"
      R"("fault":"none","expected":"token_expired","status":200,"reason":"","milliseconds":1.25}],)"
      R"("as_expected":1,"not_as_expected":1})");
  const auto read = parse_report(text);
  ASSERT_TRUE(read);
  EXPECT_EQ(to_json(*read), text);
  EXPECT_FALSE(parse_report("{}"));
  EXPECT_FALSE(parse_report("<html>"));
}

TEST(Report, TableIsAligned) {
  Report report;
  report.events = {make_result("admit", 200, ""), make_result("token_expired", 401, "token_expired"),
                   make_result("admit", 0, "unreachable"), make_result("admit", 503, "keys_unavailable")};
  EXPECT_EQ(
      to_table(report),
      "callback       fault  expected       verdict          reason             ms\n"
      "CallConnected  none   admit          200 admit        -                 1.2\n"
      "CallConnected  none   token_expired  401 refuse       token_expired     1.2\n"
      "CallConnected  none   admit          - no answer      unreachable       1.2  <- not as expected\n"
      "CallConnected  none   admit          503 retry later  keys_unavailable  1.2  <- not as expected\n"
      "2 as expected, 2 not\n");
  EXPECT_EQ(to_table({}), "callback  fault  expected  verdict  reason  ms\n0 as expected, 0 not\n");
}

TEST(ReadReason, IsEmptyWithoutAProblemDocument) {
  EXPECT_EQ(read_reason({401, {}, R"({"reason":"token_expired"})"}), "token_expired");
  EXPECT_EQ(read_reason({401, {}, R"({"reason":7})"}), "");
  EXPECT_EQ(read_reason({401, {}, "[]"}), "");
  EXPECT_EQ(read_reason({401, {}, "no"}), "");
}

}  // namespace
}  // namespace callgate::emulator
