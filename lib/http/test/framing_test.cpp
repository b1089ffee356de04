// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/framing.hpp>

namespace callgate::http {
namespace {

using namespace std::string_literals;

TEST(RawHead, PassesAPlainHead) {
  EXPECT_TRUE(check_raw_head("POST /api/callback?x=1 HTTP/1.1\r\nHost: a\r\nX-Empty:\r\nX:\tb c\r\n\r\n"));
  EXPECT_TRUE(check_raw_head("GET / HTTP/1.0\r\n\r\n"));
}

TEST(RawHead, RefusesWhatTwoParsersCouldReadDifferently) {
  const std::string cases[] = {
      "",
      "\r\n",
      "GET / HTTP/1.1\r\n",
      "GET / HTTP/1.1\n\n",
      "GET / HTTP/1.1\r\nHost: a\n\r\n",
      "GET / HTTP/1.1\r\nHost : a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost\t: a\r\n\r\n",
      "GET / HTTP/1.1\r\n Host: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHost: a\r\n b\r\n\r\n",
      "GET / HTTP/1.1\r\nHost\r\n\r\n",
      "GET / HTTP/1.1\r\n: a\r\n\r\n",
      "GET / HTTP/1.1\r\nHo st: a\r\n\r\n",
      "GET / HTTP/1.1\r\nX: a\rb\r\n\r\n",
      "GET / HTTP/1.1\r\nX: a\0b\r\n\r\n"s,
      "GET / HTTP/1.1\r\nX: \x1b[31m\r\n\r\n",
      "GET / HTTP/1.1\r\nX: \x7f\r\n\r\n",
      "GET  / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1 \r\n\r\n",
      "GET / HTTP/2.0\r\n\r\n",
      "GET / HTTP/1.2\r\n\r\n",
      "GET / http/1.1\r\n\r\n",
      "GET /\r\n\r\n",
      "G(T / HTTP/1.1\r\n\r\n",
      "GET / HTTP/1.1\r\nA: b\r\n\r\nB: c\r\n\r\n",
  };
  for (const auto& raw : cases) {
    const auto checked = check_raw_head(raw);
    ASSERT_FALSE(checked) << raw;
    EXPECT_EQ(checked.error().reason, refusal::Reason::http_malformed);
  }
}

RequestHead post(Headers headers, std::string target = "/x", std::uint8_t minor = 1) {
  return {
      .method = "POST", .target = std::move(target), .version_minor = minor, .headers = std::move(headers)};
}

TEST(Framing, ReadsHowTheBodyIsDelimited) {
  EXPECT_EQ(read_framing(post({{"Host", "a"}, {"Content-Length", "12"}}))->content_length, 12U);
  EXPECT_TRUE(read_framing(post({{"Host", "a"}, {"Transfer-Encoding", "Chunked"}}))->chunked);
  EXPECT_FALSE(read_framing(post({{"Host", "[::1]:8080"}}))->content_length);
  EXPECT_TRUE(read_framing(post({}, "/x", 0)));
}

TEST(Framing, TakesEveryFormOfHostAndTarget) {
  for (const char* host :
       {"", "a", "a:", "a:80", "a.b-c_d~e", "192.0.2.1:8080", "[::1]", "[::1]:8080", "a,b", "%41b"})
    EXPECT_TRUE(read_framing(post({{"Host", host}}))) << host;
  for (const char* target : {"/x", "http://other/x", "HTTP://other:80/x", "https://[::1]:443/x?y",
                             "http://other", "http://other?x"})
    EXPECT_TRUE(read_framing(post({{"Host", "a"}}, target))) << target;
}

TEST(Framing, RefusesWhatIsNoHost) {
  for (const char* host : {"a b", "u@a", "a\\b", ":80", "a:8x", "a:1:2", "::1", "[::1", "::1]", "[]",
                           "[::1]x", "[a b]", "a[b]", "%4", "%zz"}) {
    EXPECT_FALSE(read_framing(post({{"Host", host}}))) << host;
    EXPECT_FALSE(read_framing(post({{"Host", "a"}}, std::string("http://") + host + "/x"))) << host;
  }
}

TEST(Framing, RefusesWhatIsAmbiguous) {
  const RequestHead cases[] = {
      post({}),
      post({{"Host", "a"}, {"Host", "a"}}),
      post({{"Host", "a/b"}}),
      post({{"Host", "a b"}}),
      post({{"Host", "a"}, {"Content-Length", "1"}, {"Content-Length", "1"}}),
      post({{"Host", "a"}, {"Content-Length", "1, 1"}}),
      post({{"Host", "a"}, {"Content-Length", "+1"}}),
      post({{"Host", "a"}, {"Content-Length", "-1"}}),
      post({{"Host", "a"}, {"Content-Length", "0x1"}}),
      post({{"Host", "a"}, {"Content-Length", ""}}),
      post({{"Host", "a"}, {"Content-Length", "99999999999999999999"}}),
      post({{"Host", "a"}, {"Content-Length", "1"}, {"Transfer-Encoding", "chunked"}}),
      post({{"Host", "a"}, {"Transfer-Encoding", "gzip, chunked"}}),
      post({{"Host", "a"}, {"Transfer-Encoding", "chunked, chunked"}}),
      post({{"Host", "a"}, {"Transfer-Encoding", "xchunked"}}),
      post({{"Host", "a"}, {"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "identity"}}),
      post({{"Host", "a"}, {"Transfer-Encoding", "chunked"}}, "/x", 0),
      post({{"Host", "a"}}, "x"),
      post({{"Host", "a"}}, "/x#y"),
      post({{"Host", "a"}}, "/\xC3\xA9"),
      post({{"Host", "a"}}, "*"),
      post({{"Host", "a"}}, "http:///x"),
      post({{"Host", "a"}}, "http://?x"),
      post({{"Host", "a"}}, "http:/x"),
      post({{"Host", "a"}}, "ftp://a/x"),
      post({{"Host", "a"}}, "x://a/x"),
      {.method = "CONNECT", .target = "a:443", .version_minor = 1, .headers = {{"Host", "a"}}},
  };
  for (const auto& head : cases) EXPECT_FALSE(read_framing(head)) << head.target;
}

}  // namespace
}  // namespace callgate::http
