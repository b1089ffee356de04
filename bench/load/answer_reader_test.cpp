// SPDX-License-Identifier: Apache-2.0
#include "answer_reader.hpp"

#include <gtest/gtest.h>

namespace callgate::load {
namespace {

TEST(AnswerReader, WaitsForTheWholeAnswer) {
  const std::string whole =
      "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 2\r\nRetry-After: 1\r\nConnection: "
      "close\r\n\r\nno";
  for (std::size_t size = 0; size < whole.size(); ++size) {
    std::string part = whole.substr(0, size);
    EXPECT_FALSE(take_answer(part)) << size;
    EXPECT_EQ(part.size(), size);
  }
  std::string received = whole + "rest";
  const auto answer = take_answer(received);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_TRUE(answer->closes);
  EXPECT_TRUE(answer->retry_after);
  EXPECT_EQ(received, "rest");
}

TEST(AnswerReader, PassesOverInterimAnswers) {
  std::string received = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  const auto answer = take_answer(received);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_FALSE(answer->closes);
  EXPECT_TRUE(received.empty());
}

TEST(AnswerReader, KnowsWhatIsNoHttp) {
  std::string received = "SSH-2.0-x\r\n\r\n";
  const auto answer = take_answer(received);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 0);
}

}  // namespace
}  // namespace callgate::load
