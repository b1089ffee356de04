// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>

namespace callgate::json {
namespace {

TEST(Writer, WritesNestedValuesCompactly) {
  Writer out;
  out.begin_object().member("a", "x").member("n", 7).member("ok", true).name("list").begin_array();
  out.integer(1).begin_object().end_object().null().number(0.5).end_array().name("o").begin_object();
  out.member("k", "v").end_object().end_object();
  EXPECT_EQ(out.text(), R"({"a":"x","n":7,"ok":true,"list":[1,{},null,0.5],"o":{"k":"v"}})");
  EXPECT_TRUE(parse(out.text()));
}

TEST(Writer, EscapesSoThatTheTextStaysOnOneLine) {
  // NOLINTNEXTLINE(misc-misleading-bidirectional): they are what is escaped
  EXPECT_EQ(quote("\u0085\u009b31m \u202E\u2028\u200f\uFEFF\u2066 \u00a0\u00e9\u4e2d\U0001F600"),
            "\"\\u0085\\u009b31m \\u202e\\u2028\\u200f\\ufeff\\u2066 \u00a0\u00e9\u4e2d\U0001F600\"");
  EXPECT_EQ(quote("a\"b\\c\n\r\t\x1b[31m\x7f"), R"("a\"b\\c\n\r\t\u001b[31m\u007f")");
  EXPECT_EQ(quote("\xC3\xA9"), "\"\xC3\xA9\"");
  EXPECT_EQ(quote("a\xFFz\xE2\x82"), "\"a\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
  for (int c = 0; c < 256; ++c) {
    const std::string one(1, static_cast<char>(c));
    EXPECT_TRUE(parse(quote(one))) << c;
  }
}

TEST(Writer, EmptyStringsAreSeparatedToo) {
  Writer out;
  out.begin_array().string("").string("").string("{").string(":").end_array();
  EXPECT_EQ(out.text(), R"(["","","{",":"])");
}

}  // namespace
}  // namespace callgate::json
