// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "keys_in_use.hpp"

namespace callgate::console {
namespace {

constexpr const char* kServing =
    R"({"providers":["acs","acs-eu"],"issuer":"https://issuer.test","from":"https://issuer.test/d","serving":true,)"
    R"("age_seconds":12.7,"next_refresh_seconds":43199,"last_error":{"cause":"dns","message":"no such host"},)"
    R"("clock_offset_seconds":-1.25,"keys":[{"kid":"k1","type":"RSA","algorithm":null,"bits":2048,)"
    R"("thumbprint":"thumb","first_seen":"2026-09-30T08:15:42.000Z","last_seen":"2026-09-30T09:00:00.000Z",)"
    R"("source":"issuer"}],"not_used":[{"kid":"k2","why":"symmetric"}]})";
constexpr const char* kWaiting =
    R"({"providers":["own"],"issuer":"","from":"keys.json","serving":false,"age_seconds":null,)"
    R"("next_refresh_seconds":null,"last_error":null,"clock_offset_seconds":null,"keys":[],"not_used":[]})";

base::Result<KeysInUse> parse(const std::string& sources) {
  return parse_keys_in_use(R"({"sources":[)" + sources + "]}");
}

std::ptrdiff_t lines_of(const std::string& text) {
  return std::count(text.begin(), text.end(), '\n');
}

TEST(KeysInUse, TheTableHoldsWhatTheGatewayTells) {
  const auto in_use = parse(kServing);
  ASSERT_TRUE(in_use);
  EXPECT_TRUE(in_use->every_source_serves);
  EXPECT_EQ(in_use->text,
            "providers     acs, acs-eu\n"
            "issuer        https://issuer.test\n"
            "from          https://issuer.test/d\n"
            "confirmed     12 s ago\n"
            "next refresh  in 11 h 59 min\n"
            "last error    dns: no such host\n"
            "clock         the issuer's is 1.2 s behind ours\n"
            "\n"
            "\"k1\"                                   RSA           2048 bits  any    thumb\n"
            "                                       first seen 2026-09-30T08:15:42.000Z, last seen "
            "2026-09-30T09:00:00.000Z, source: issuer\n"
            "\"k2\"                                   not used: symmetric\n");
}

TEST(KeysInUse, EverySourceHasToServe) {
  struct Row {
    std::string sources;
    bool serves;
  };
  std::string no_keys = kServing;
  no_keys.replace(no_keys.find("\"keys\":["), 8, "\"other\":[");
  const Row rows[] = {
      {kServing, true},  {std::string(kServing) + "," + kServing, true},
      {kWaiting, false}, {std::string(kServing) + "," + kWaiting, false},
      {no_keys, false},  {"", false},
      {"{}", false},     {"7", false},
  };
  for (const Row& row : rows) {
    const auto in_use = parse(row.sources);
    ASSERT_TRUE(in_use) << row.sources;
    EXPECT_EQ(in_use->every_source_serves, row.serves) << row.sources;
    EXPECT_FALSE(in_use->text.empty());
  }
  EXPECT_NE(parse(kWaiting)->text.find("serving       NO"), std::string::npos);
}

TEST(KeysInUse, ForeignTextCannotPaintTheTerminal) {
  std::string hostile = kServing;
  for (const char* word :
       {"\"k1\"", "\"thumb\"", "\"acs\"", "\"no such host\"", "\"symmetric\"", "\"dns\""}) {
    hostile.replace(hostile.find(word) + 1, 0, R"(\u001b[31m\n\r\u007f)");
  }
  const auto in_use = parse(hostile);
  ASSERT_TRUE(in_use);
  EXPECT_EQ(in_use->text.find_first_of("\x1b\r\x7f"), std::string::npos);
  EXPECT_EQ(lines_of(in_use->text), lines_of(parse(kServing)->text));
}

TEST(KeysInUse, AnotherDocumentIsToldFromOurs) {
  for (const char* text : {"", "ready\n", "[]", "{}", R"({"sources":{}})", R"({"sources":null})"}) {
    const auto in_use = parse_keys_in_use(text);
    ASSERT_FALSE(in_use) << text;
    EXPECT_NE(in_use.error().message.find("admin address"), std::string::npos);
  }
}

TEST(KeysInUse, EveryAnswerThatIsNoneSaysWhatToDo) {
  struct Row {
    int status;
    bool token_was_sent;
    const char* advice;
  };
  const Row rows[] = {
      {401, false, "give --admin-token-file"}, {401, true, "another token"},
      {421, false, "IP address or localhost"}, {404, false, "admin address"},
      {503, false, "admin address"},
  };
  for (const Row& row : rows) {
    const auto document =
        parse_keys_answer("http://127.0.0.1:9464", {row.status, {}, "<html>"}, row.token_was_sent);
    ASSERT_FALSE(document) << row.status;
    const std::string& message = document.error().message;
    EXPECT_NE(message.find(row.advice), std::string::npos) << message;
    EXPECT_NE(message.find("http://127.0.0.1:9464 answered " + std::to_string(row.status)), std::string::npos)
        << message;
  }
  EXPECT_EQ(*parse_keys_answer("x", {200, {}, "{}"}, false), "{}");
}

TEST(KeysInUse, HttpsIsRefusedPlainly) {
  const auto document = load_keys_in_use(*http::parse_url("https://gate.test:9464"), {});
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("only http://"), std::string::npos);
}

// Port 1 is nobody's on a loopback address of our own.
TEST(KeysInUse, NoGatewayIsSaidSo) {
  const auto document = load_keys_in_use(*http::parse_url("http://127.83.112.9:1"), {});
  ASSERT_FALSE(document);
  EXPECT_NE(document.error().message.find("; is it running"), std::string::npos);
}

}  // namespace
}  // namespace callgate::console
