// SPDX-License-Identifier: Apache-2.0
#include "wire_text.hpp"

#include <gtest/gtest.h>

namespace callgate::net {
namespace {

using namespace std::string_literals;

std::string request_head(const http::Request& request, std::string_view authority,
                         AfterAnswer after = AfterAnswer::close) {
  std::string out = "what was there before";
  write_request_head(out, request, authority, after);
  return out;
}

TEST(WireText, FormatsDates) {
  EXPECT_EQ(format_http_date(784111777), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(format_http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
}

TEST(WireText, WritesAnswers) {
  const http::Response response{.status = 200, .headers = {{"X-A", "a"}}, .body = "12345"};
  EXPECT_EQ(make_answer_head(response, 1, AfterAnswer::keep_alive, "D"),
            "HTTP/1.1 200 OK\r\nDate: D\r\nX-A: a\r\nContent-Length: 5\r\n\r\n");
  EXPECT_EQ(make_answer_head(response, 0, AfterAnswer::keep_alive, "D"),
            "HTTP/1.1 200 OK\r\nDate: D\r\nX-A: a\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(
      make_answer_head({.status = 204, .headers = {{"Date", "E"}}, .body = "x"}, 1, AfterAnswer::close, "D"),
      "HTTP/1.1 204 No Content\r\nDate: E\r\nConnection: close\r\n\r\n");
}

TEST(WireText, LeavesOutWhatCouldBreakTheFraming) {
  const http::Headers hostile{{"A", "a\r\nB: b"},
                              {"C", "c\nd"},
                              {"D", "d\0"s},
                              {"E F", "e"},
                              {"", "g"},
                              {"H:", "h"},
                              {"content-length", "9"},
                              {"Transfer-Encoding", "chunked"},
                              {"connection", "upgrade"},
                              {"Good", "yes"}};
  EXPECT_EQ(
      make_answer_head({.status = 200, .headers = hostile, .body = ""}, 1, AfterAnswer::keep_alive, "D"),
      "HTTP/1.1 200 OK\r\nDate: D\r\nGood: yes\r\nContent-Length: 0\r\n\r\n");
  http::Request request{.head = {.method = "GET", .target = "/a", .version_minor = 1, .headers = hostile},
                        .body = ""};
  request.head.headers.add("host", "evil");
  EXPECT_EQ(request_head(request, "a:1"),
            "GET /a HTTP/1.1\r\nHost: a:1\r\nGood: yes\r\nConnection: close\r\n\r\n");
}

TEST(WireText, WritesRequests) {
  http::Request request{.head = {.method = "POST", .target = "", .version_minor = 1, .headers = {}},
                        .body = ""};
  EXPECT_EQ(request_head(request, "a"),
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
  EXPECT_EQ(request_head(request, "a", AfterAnswer::keep_alive),
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n");
  EXPECT_TRUE(is_writable(request.head));
  request.head.target = "/a b";
  EXPECT_FALSE(is_writable(request.head));
  request.head.target = "/a\r\nX: y";
  EXPECT_FALSE(is_writable(request.head));
  request.head = {.method = "GET /", .target = "/", .version_minor = 1, .headers = {}};
  EXPECT_FALSE(is_writable(request.head));
}

}  // namespace
}  // namespace callgate::net
