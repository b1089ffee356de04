// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/url.hpp>

namespace callgate::http {
namespace {

TEST(Url, ReadsWhatConfigurationAndDocumentsName) {
  const auto url = parse_url("HTTPS://Example.Test/calling/keys?v=1");
  ASSERT_TRUE(url);
  EXPECT_EQ(url->origin(), "https://example.test");
  EXPECT_EQ(url->port, 443);
  EXPECT_EQ(url->target, "/calling/keys?v=1");
  EXPECT_EQ(parse_url("http://[::1]:8085")->authority(), "[::1]:8085");
  EXPECT_EQ(parse_url("http://h?x")->target, "/?x");
}

TEST(Url, RefusesTheRest) {
  for (const char* text : {"", "example.test", "ftp://h/", "http://", "http:///x", "http://u@h/",
                           "http://h:/", "http://h:99999/", "http://h:0/", "http://h/ x", "http://h/#f",
                           "http://[::1", "http://[h]/", "file:///etc/passwd", "http://h\\x/"}) {
    EXPECT_FALSE(parse_url(text)) << text;
  }
}

TEST(Percent, DecodesAllOrNothing) {
  EXPECT_EQ(percent_decoded("a%2Bb%2fc+%00"), std::string("a+b/c+\0", 7));
  EXPECT_EQ(percent_decoded(""), "");
  for (const char* text : {"%", "%2", "a%zz", "%%41", "%-1"}) EXPECT_FALSE(percent_decoded(text)) << text;
}

TEST(Percent, APlainPathDecodesOnlyWhatNeverHadToBeEncoded) {
  const struct {
    const char* path;
    const char* plain;
  } rows[] = {
      {"/a/%62/%7E%2d", "/a/b/~-"}, {"/%2e%2E/", "/../"},     {"/a%2fb%5c%20%C3%A9", "/a%2fb%5c%20%C3%A9"},
      {"/%2562", "/%2562"},         {"/a%", "/a%"},           {"/a%4", "/a%4"},
      {"/%zz%41", "/%zzA"},         {"/%25%36%32", "/%2562"}, {"", ""}};
  for (const auto& row : rows) EXPECT_EQ(plain_path(row.path), row.plain) << row.path;
}

TEST(Endpoint, NeedsAPort) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:0")->text(), "127.0.0.1:0");
  EXPECT_EQ(parse_endpoint("[::1]:8080")->host, "::1");
  for (const char* text : {"", "127.0.0.1", ":80", "::1:80", "h:80x", "h:65536"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace callgate::http
