// SPDX-License-Identifier: Apache-2.0
#include "response_reader.hpp"

#include <gtest/gtest.h>

namespace callgate::net {
namespace {

using namespace std::string_literals;
using Step = ResponseReader::Step;

// "200 body|rest" and "+" if the connection may go on; "more", or "broken: why".
std::string outcome(ResponseReader& reader, const std::string& bytes, std::size_t piece = 1'000'000,
                    bool answers_head = false, const ClientLimits& limits = {}) {
  reader.begin(answers_head, limits);
  std::string pending;
  std::size_t given = 0;
  for (;;) {
    const std::string next = bytes.substr(given, piece);
    given += next.size();
    pending += next;
    std::string_view view = pending;
    const Step step = reader.feed(view);
    pending = std::string(view);
    if (step == Step::broken) return "broken: " + reader.fault();
    if (step == Step::done) {
      const bool goes_on = reader.goes_on();
      const auto response = reader.take();
      return std::to_string(response.status) + " " + response.body + "|" + pending + bytes.substr(given) +
             (goes_on ? "+" : "");
    }
    if (given == bytes.size()) return "more";
  }
}

std::string outcome(const std::string& bytes, bool answers_head = false) {
  ResponseReader reader;
  return outcome(reader, bytes, 1'000'000, answers_head);
}

const std::string kOk = "HTTP/1.1 200 OK\r\n";

TEST(ResponseReader, ReadsAnswersAtAnySplitAndIsUsedAgain) {
  const std::pair<std::string, std::string> cases[] = {
      {kOk + "Content-Length: 2\r\n\r\nabHTTP", "200 ab|HTTP+"},
      {kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n1;x=y\r\nb\r\n0\r\nT: t\r\n\r\nX", "200 ab|X+"},
      {"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nConnection: close\r\n\r\n"
       "HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n",
       "201 |+"},
      {kOk + "Content-Length: 1\r\nConnection: close\r\n\r\na", "200 a|"},
      {"HTTP/1.1 204 No Content\r\n\r\nHTTP", "204 |HTTP+"},
  };
  ResponseReader reader;
  for (const auto& [bytes, expected] : cases) {
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece)
      EXPECT_EQ(outcome(reader, bytes, piece), expected) << "pieces of " << piece;
  }
}

// What goes on is only what leaves no doubt; all of these are answers.
TEST(ResponseReader, GoesOnOnlyBehindAnEndBeyondDoubt) {
  const std::pair<std::string, bool> cases[] = {
      {kOk + "Content-Length: 0\r\n\r\n", true},
      {kOk + "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n", true},
      {kOk + "Content-Length: 0\r\nConnection: Close\r\n\r\n", false},
      {kOk + "Content-Length: 0\r\nConnection: keep-alive, close\r\n\r\n", false},
      {kOk + "Content-Length: 0\r\nConnection: x\r\nConnection: close\r\n\r\n", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", false},
      {"HTTP/1.0 200 OK\r\nContent-Length: 0\r\nConnection: keep-alive\r\n\r\n", false},
      {"HTTP/1.1 204 No Content\r\n\r\n", true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", true},
      {"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n", false},
      {"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", false},
      {"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n", false},
      {"HTTP/1.1 304 Not Modified\r\n\r\n", true},
      {kOk + "Content-Length: 0\r\nX: y\r\n z\r\n\r\n", false},  // folded
      {kOk + "Content-Length: 0\r\nX: y\x01z\r\n\r\n", false},
      {kOk + "Content-Length: +0\r\n\r\n", false},
  };
  for (const auto& [bytes, goes_on] : cases) {
    const std::string text = outcome(bytes);
    EXPECT_EQ(text.ends_with('+'), goes_on) << bytes << text;
  }
  EXPECT_EQ(outcome(kOk + "\r\n", true), "200 |+");
  EXPECT_EQ(outcome(kOk + "Content-Length: 2\r\n\r\n", true), "200 |");
  EXPECT_EQ(outcome(kOk + "Transfer-Encoding: chunked\r\n\r\n", true), "200 |");
}

TEST(ResponseReader, ReadsToTheEndOfTheConnectionIfItMust) {
  ResponseReader reader;
  EXPECT_EQ(outcome(reader, kOk + "\r\nab"), "more");
  EXPECT_EQ(reader.end(), Step::done);
  EXPECT_FALSE(reader.goes_on());
  EXPECT_EQ(reader.take().body, "ab");
  for (const std::string& part : {""s, "HTTP/1.1"s, kOk + "Content-Length: 2\r\n\r\na",
                                  kOk + "Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"}) {
    EXPECT_EQ(outcome(reader, part), "more");
    EXPECT_EQ(reader.begun(), !part.empty());
    EXPECT_EQ(reader.end(), Step::broken);
  }
}

TEST(ResponseReader, RefusesWhatIsNoAnswer) {
  const std::string cases[] = {
      "SSH-2.0-OpenSSH_9.2\r\n\r\n",
      "HTTP/2.0 200 OK\r\n\r\n",
      "HTTP/1.1 101 Switching Protocols\r\n\r\n",
      "HTTP/1.1 20 OK\r\n\r\n",
      kOk + "Content-Length: x\r\n\r\n",
      kOk + "Content-Length: -1\r\n\r\n",
      kOk + "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab",
      kOk + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      kOk + "Transfer-Encoding: chunked\r\n\r\nx\r\n",
  };
  for (const auto& bytes : cases) EXPECT_EQ(outcome(bytes).substr(0, 7), "broken:") << bytes;
}

TEST(ResponseReader, HoldsItsLimits) {
  ResponseReader reader;
  ClientLimits limits;
  limits.head_bytes_max = 100;
  limits.body_bytes_max = 4;
  const auto run = [&](const std::string& bytes) { return outcome(reader, bytes, 7, false, limits); };
  const std::string line = kOk + "Content-Length: 4\r\nX: ";
  EXPECT_EQ(run(line + std::string(100 - line.size() - 4, 'x') + "\r\n\r\nabcd"), "200 abcd|+");
  EXPECT_EQ(run(line + std::string(101 - line.size() - 4, 'x') + "\r\n\r\nabcd"),
            "broken: the head of the answer is too large");
  EXPECT_EQ(run(kOk + "Content-Length: 5\r\n\r\n"), "broken: the body of the answer is larger than 4 bytes");
  std::string interim;
  for (int i = 0; i < 17; ++i) interim += "HTTP/1.1 100 Continue\r\n\r\n";
  EXPECT_EQ(run(interim), "broken: too many interim answers");
}

TEST(ResponseReader, ReadsHowLongThePeerKeepsTheConnection) {
  const std::pair<std::string, std::optional<long>> cases[] = {
      {"", std::nullopt},
      {"Keep-Alive: timeout=5\r\n", 5},
      {"Keep-Alive: max=100, Timeout=5\r\n", 5},
      {"Keep-Alive: timeout=5, timeout=3\r\n", 3},
      {"Keep-Alive: timeout=3\r\nKeep-Alive: timeout=5\r\n", 3},
      {"Keep-Alive: timeout=0\r\n", 0},
      {"Keep-Alive: timeout=99999999999999999999999999\r\n", 24 * 60 * 60},
      {"Keep-Alive: timeout=\r\n", std::nullopt},
      {"Keep-Alive: timeout=-1\r\n", std::nullopt},
      {"Keep-Alive: timeout=1.5\r\n", std::nullopt},
      {"Keep-Alive: max=3\r\n", std::nullopt},
  };
  ResponseReader reader;
  for (const auto& [field, seconds] : cases) {
    EXPECT_EQ(outcome(reader, kOk + "Content-Length: 0\r\n" + field + "\r\n"), "200 |+");
    const auto told = reader.keep_alive();
    EXPECT_EQ(told ? std::optional(told->count()) : std::nullopt, seconds) << field;
  }
}

}  // namespace
}  // namespace callgate::net
