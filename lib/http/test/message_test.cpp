// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/media_type.hpp>
#include <callgate/http/message.hpp>

namespace callgate::http {
namespace {

TEST(Headers, CompareNamesWithoutCaseAndSplitLists) {
  Headers headers{{"Via", "a, b"}, {"X", "1"}, {"via", " c ,,"}};
  EXPECT_EQ(headers.count("VIA"), 2U);
  EXPECT_EQ(headers.list("via"), (std::vector<std::string_view>{"a", "b", "c"}));
  EXPECT_FALSE(headers.find_single("via"));
  headers.set("VIA", "z");
  EXPECT_EQ(headers.find_single("via"), "z");
  headers.remove("x");
  EXPECT_EQ(headers.fields().size(), 1U);
}

TEST(RequestHead, SplitsTheTarget) {
  struct Case {
    const char *target, *path, *query;
  } const cases[] = {{"/a/b?c=d?e", "/a/b", "c=d?e"},
                     {"/a", "/a", ""},
                     {"http://h:1/a?b", "/a", "b"},
                     {"http://h?b", "", "b"},
                     {"http://h", "/", ""},
                     {"*", "*", ""},
                     {"/a?u=http://h/x", "/a", "u=http://h/x"}};
  for (const auto& c : cases) {
    RequestHead head;
    head.target = c.target;
    EXPECT_EQ(head.path(), c.path) << c.target;
    EXPECT_EQ(head.query(), c.query) << c.target;
  }
}

TEST(MediaType, ReadsEssenceAndCharset) {
  EXPECT_EQ(parse_media_type("Application/JSON")->essence, "application/json");
  const auto typed = parse_media_type("application/cloudevents+json; x=y; charset=\"UTF-8\"");
  EXPECT_EQ(typed->essence, "application/cloudevents+json");
  EXPECT_EQ(typed->charset, "utf-8");
  for (const char* text : {"", "json", "a/b/c", "application/", "a/b; charset", "a/b; charset=x; charset=y",
                           "a b/c", "a/b; charset=\"\""}) {
    EXPECT_FALSE(parse_media_type(text)) << text;
  }
}

}  // namespace
}  // namespace callgate::http
