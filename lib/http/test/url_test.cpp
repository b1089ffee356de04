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

TEST(Endpoint, NeedsAPort) {
  EXPECT_EQ(parse_endpoint("127.0.0.1:0")->text(), "127.0.0.1:0");
  EXPECT_EQ(parse_endpoint("[::1]:8080")->host, "::1");
  for (const char* text : {"", "127.0.0.1", ":80", "::1:80", "h:80x", "h:65536"})
    EXPECT_FALSE(parse_endpoint(text)) << text;
}

}  // namespace
}  // namespace callgate::http
