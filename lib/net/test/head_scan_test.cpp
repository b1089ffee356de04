// SPDX-License-Identifier: Apache-2.0
#include "head_scan.hpp"

#include <gtest/gtest.h>

#include "head_parser.hpp"

namespace callgate::net {
namespace {

using namespace std::string_literals;
using refusal::Reason;

http::Limits small_limits() {
  http::Limits limits;
  limits.head_bytes_max = 400;
  limits.header_count_max = 3;
  limits.target_bytes_max = 100;
  return limits;
}

// All bytes at once, and byte by byte: the verdict must be the same, or come earlier.
std::optional<Reason> reason_of(const std::string& bytes, bool piecewise) {
  const auto limits = small_limits();
  HeadScan scan(limits);
  for (std::size_t size = piecewise ? 1 : bytes.size(); size <= bytes.size(); ++size) {
    const auto outcome = scan.look(std::string_view(bytes).substr(0, size));
    if (!outcome) return outcome.error().reason;
  }
  return std::nullopt;
}

TEST(HeadScan, FindsTheEndAtAnySplit) {
  const std::string head = "GET /a HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string bytes = "\r\n" + head + "GET /b";
  const auto limits = small_limits();
  for (std::size_t split = 0; split <= bytes.size(); ++split) {
    HeadScan scan(limits);
    auto outcome = scan.look(std::string_view(bytes).substr(0, split));
    ASSERT_TRUE(outcome);
    if (*outcome == HeadScan::Outcome::more) outcome = scan.look(bytes);
    ASSERT_TRUE(outcome);
    EXPECT_EQ(*outcome, HeadScan::Outcome::complete);
    EXPECT_EQ(bytes.substr(scan.skip(), scan.size()), head);
  }
}

TEST(HeadScan, HasNotBegunBeforeTheFirstByteOfARequest) {
  const auto limits = small_limits();
  HeadScan scan(limits);
  EXPECT_TRUE(scan.look("\r\n\r"));
  EXPECT_FALSE(scan.begun());
  EXPECT_TRUE(scan.look("\r\n\r\nG"));
  EXPECT_TRUE(scan.begun());
}

TEST(HeadScan, RefusesEarlyWhatCannotBecomeARequest) {
  const std::string cases[] = {
      "\x16\x03\x01\x02\x00\x01"s,
      "\0"s,
      " GET / HTTP/1.1\r\n",
      "\n",
      "\r\r",
      "\r\n\r\n\r\n",
      "GET /\x01",
      "GET / HTTP/1.1\n",
      "GET / HTTP/1.1\r\nA: b\n",
      "GET / HTTP/1.1\r\nA: b\rc",
      "GET / HTTP/1.1\r\nA: \0"s,
      "SSH-2.0-OpenSSH_9.2\r\n",
      "PRI * HTTP/2.0\r\n",
      "GET /\r\n",
      std::string(33, 'A'),
      "\x80",
      "GET / HTTP/1.1\r\nA: \x7f",
  };
  for (const auto& bytes : cases) {
    EXPECT_EQ(reason_of(bytes, false), Reason::http_malformed) << bytes;
    EXPECT_EQ(reason_of(bytes, true), Reason::http_malformed) << bytes;
  }
}

TEST(HeadScan, HoldsTheLimits) {
  const auto target = [](std::size_t size) { return "GET /" + std::string(size - 1, 'a'); };
  const std::string line = "GET / HTTP/1.1\r\n";
  const auto filled = [&](std::size_t size) {
    return line + "A: " + std::string(size - line.size() - 7, 'a') + "\r\n\r\n";
  };
  ASSERT_EQ(filled(400).size(), 400U);
  const std::string fields = "A: a\r\nB: b\r\nC: c\r\n";
  for (const bool piecewise : {false, true}) {
    EXPECT_EQ(reason_of(target(100) + " HTTP/1.1\r\n\r\n", piecewise), std::nullopt);
    EXPECT_EQ(reason_of(target(101) + " HTTP/1.1\r\n\r\n", piecewise), Reason::target_too_long);
    EXPECT_EQ(reason_of(target(300), piecewise), Reason::target_too_long);
    EXPECT_EQ(reason_of(target(500), piecewise), Reason::target_too_long);
    EXPECT_EQ(reason_of(filled(400), piecewise), std::nullopt);
    EXPECT_EQ(reason_of(filled(401), piecewise), Reason::headers_too_large);
    EXPECT_EQ(reason_of(line + "A: " + std::string(400, 'a'), piecewise), Reason::headers_too_large);
    EXPECT_EQ(reason_of(line + fields + "\r\n", piecewise), std::nullopt);
    EXPECT_EQ(reason_of(line + fields + "D: d\r\n\r\n", piecewise), Reason::headers_too_large);
  }
}

TEST(HeadParser, KeepsFieldsInOrderAndRepeated) {
  const auto head = parse_request_head("POST /x?y HTTP/1.0\r\nB: 1\r\na:\t2 \r\nB: 3\r\nEmpty:\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->method, "POST");
  EXPECT_EQ(head->target, "/x?y");
  EXPECT_EQ(head->version_minor, 0);
  ASSERT_EQ(head->headers.fields().size(), 4U);
  EXPECT_EQ(head->headers.fields()[0].name, "B");
  EXPECT_EQ(head->headers.fields()[1].value, "2");
  EXPECT_EQ(head->headers.fields()[2].value, "3");
  EXPECT_EQ(head->headers.fields()[3].value, "");
}

TEST(HeadParser, ReadsLargeHeads) {
  const std::string value(200'000, 'v');
  const auto head = parse_request_head("GET / HTTP/1.1\r\nHost: a\r\nX: " + value + "\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->headers.find("X"), value);
}

TEST(HeadParser, ReadsResponses) {
  const auto head = parse_response_head("HTTP/1.1 299 \r\nContent-Length: 7\r\n\r\n");
  ASSERT_TRUE(head);
  EXPECT_EQ(head->status, 299);
  EXPECT_EQ(head->content_length, 7U);
  EXPECT_FALSE(parse_response_head("HTTP/2 200 OK\r\n\r\n"));
  EXPECT_FALSE(parse_response_head("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n"));
}

}  // namespace
}  // namespace callgate::net
