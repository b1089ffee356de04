// SPDX-License-Identifier: Apache-2.0
#include "body_reader.hpp"

#include <gtest/gtest.h>
#include <optional>
#include <vector>

namespace callgate::net {
namespace {

using namespace std::string_literals;
using Step = BodyReader::Step;

struct Outcome {
  Step step;
  std::string body;
  std::string rest;
};

Outcome feed(BodyReader reader, const std::string& bytes, std::size_t piece) {
  std::string pending;
  std::size_t given = 0;
  for (;;) {
    const std::string next = bytes.substr(given, piece);
    given += next.size();
    pending += next;
    std::string_view view = pending;
    const Step step = reader.feed(view);
    pending = std::string(view);
    if (step != Step::more || given == bytes.size())
      return {step, reader.take(), pending + bytes.substr(given)};
  }
}

TEST(BodyReader, DecodesChunksAtAnySplit) {
  const std::string bytes =
      "5\r\nhello\r\n1;a=\"b c\";d\r\n,\r\n00A\r\n 0123\r\n\r\n8\r\n0\r\nX: y\r\nContent-Length: "
      "3\r\n\r\nGET";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    const auto outcome = feed(BodyReader::chunked(100), bytes, piece);
    EXPECT_EQ(outcome.step, Step::done) << piece;
    EXPECT_EQ(outcome.body, "hello, 0123\r\n\r\n8");
    EXPECT_EQ(outcome.rest, "GET");
  }
}

TEST(BodyReader, EndsAnEmptyChunkedBodyAtAnySplit) {
  const std::string bytes = "0\r\n\r\n";
  for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
    EXPECT_EQ(feed(BodyReader::chunked(0), bytes, piece).step, Step::done) << piece;
  }
}

TEST(BodyReader, RefusesBadChunks) {
  const std::string cases[] = {
      "\r\n",
      "x\r\n",
      "-1\r\n",
      "0x1\r\n",
      " 1\r\na\r\n",
      "1 \r\na\r\n",
      "1\na\n",
      "1\ra",
      "1\r\nab",
      "1\r\na\n",
      "1\r\na\r\r",
      "1;\x01\r\na\r\n",
      "1;a\nb\r\na\r\n",
      "11111111111111111\r\n",
      "1;" + std::string(5000, 'a'),
      "0\r\nX\r\n\r\n",
      "0\r\nX : y\r\n\r\n",
      "0\r\n X: y\r\n\r\n",
      "0\r\nX: y\r\n z\r\n\r\n",
      "0\r\nX: \0\r\n\r\n"s,
      "0\r\nX: y\n\r\n\r\n",
      "0\r\nX: " + std::string(9000, 'y'),
      "0\r\nX: y\n",
      "0\r\n\n",
  };
  for (const auto& bytes : cases) {
    EXPECT_EQ(feed(BodyReader::chunked(100), bytes, bytes.size()).step, Step::malformed)
        << bytes.substr(0, 40);
    EXPECT_EQ(feed(BodyReader::chunked(100), bytes, 1).step, Step::malformed) << bytes.substr(0, 40);
  }
}

TEST(BodyReader, HoldsTheLimit) {
  EXPECT_EQ(feed(BodyReader::chunked(4), "2\r\nab\r\n2\r\ncd\r\n0\r\n\r\n", 3).step, Step::done);
  EXPECT_EQ(feed(BodyReader::chunked(4), "2\r\nab\r\n3\r\n", 3).step, Step::too_large);
  EXPECT_EQ(feed(BodyReader::chunked(4), "ffffffffffffffff\r\n", 3).step, Step::too_large);
  EXPECT_EQ(feed(BodyReader::with_length(4, 4), "abcd", 3).step, Step::done);
  EXPECT_EQ(feed(BodyReader::with_length(5, 4), "", 1).step, Step::too_large);
  EXPECT_EQ(feed(BodyReader::until_close(4), "abcd", 3).step, Step::more);
  EXPECT_EQ(feed(BodyReader::until_close(4), "abcde", 3).step, Step::too_large);
}

TEST(BodyReader, LeavesWhatIsBehindALength) {
  const auto outcome = feed(BodyReader::with_length(3, 10), "abcGET", 6);
  EXPECT_EQ(outcome.body, "abc");
  EXPECT_EQ(outcome.rest, "GET");
  EXPECT_EQ(feed(BodyReader::with_length(0, 10), "GET", 3).rest, "GET");
}

TEST(BodyReader, KnowsWhetherTheEndMayComeNow) {
  EXPECT_EQ(BodyReader::until_close(1).end(), Step::done);
  EXPECT_EQ(BodyReader::with_length(1, 1).end(), Step::malformed);
  EXPECT_EQ(BodyReader::chunked(1).end(), Step::malformed);
}

}  // namespace
}  // namespace callgate::net
