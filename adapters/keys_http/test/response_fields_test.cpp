// SPDX-License-Identifier: Apache-2.0
#include "response_fields.hpp"

#include <gtest/gtest.h>

namespace callgate::keys_http {
namespace {

using namespace std::chrono_literals;

constexpr const char* kDate = "Sun, 06 Nov 1994 08:49:37 GMT";
constexpr base::WallTime kThen{784'111'777s};

TEST(ResponseFields, WhatAProxyOrAnInterimAnswerSaidIsForgotten) {
  http::Headers headers;
  for (const char* line :
       {"HTTP/1.1 200 Connection established\r\n", "ETag: \"proxy\"\r\n", "Cache-Control: max-age=1\r\n",
        "\r\n", "HTTP/1.1 103 Early Hints\r\n", "ETag: \"early\"\r\n", "\r\n", "HTTP/1.1 200 OK\r\n",
        "ETag: \"issuer\"\r\n", "\r\n"}) {
    take_header_line(line, headers);
  }
  EXPECT_EQ(read_etag(headers), "\"issuer\"");
  EXPECT_FALSE(read_max_age(headers));
}

// A cache hands out an old answer with its old Date: without its Age the issuer's clock would look hours
// behind.
TEST(ResponseFields, TheAgeThatACacheAddsBelongsToTheTime) {
  EXPECT_EQ(read_server_time({{"Date", kDate}}), kThen);
  EXPECT_EQ(read_server_time({{"Date", kDate}, {"Age", "7200"}}), kThen + 2h);
  EXPECT_FALSE(read_server_time({{"Date", kDate}, {"Age", "soon"}}));
  EXPECT_FALSE(read_server_time({{"Date", "yesterday"}}));
  EXPECT_FALSE(read_server_time({{"Age", "7200"}}));
}

TEST(ResponseFields, AnEtagTooLongToSendBackIsLeft) {
  EXPECT_EQ(read_etag({{"ETag", std::string(1024, 'e')}}).size(), 1024U);
  EXPECT_EQ(read_etag({{"ETag", std::string(1025, 'e')}}), "");
}

TEST(ResponseFields, NoMoreThanAHundredFieldsAreKept) {
  http::Headers headers;
  for (int i = 0; i < 200; ++i) take_header_line("X: y\r\n", headers);
  EXPECT_EQ(headers.fields().size(), 100U);
}

}  // namespace
}  // namespace callgate::keys_http
