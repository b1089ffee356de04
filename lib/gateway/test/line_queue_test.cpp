// SPDX-License-Identifier: Apache-2.0
#include "line_queue.hpp"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace callgate::gateway {
namespace {

class Ends {
 public:
  Ends() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0);
  }
  ~Ends() {
    close_reader();
    if (ends_[1] >= 0) ::close(ends_[1]);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  int writer() const { return ends_[1]; }
  // It stays open: a thread that nobody waits for may write there yet.
  void leave_writer() { ends_[1] = -1; }
  void end_writing() { ::shutdown(ends_[1], SHUT_WR); }
  void close_reader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }
  std::string read_all() {
    std::string all;
    std::array<char, 65536> piece{};
    for (ssize_t size = 0; (size = ::read(ends_[0], piece.data(), piece.size())) > 0;)
      all.append(piece.data(), static_cast<std::size_t>(size));
    return all;
  }

 private:
  std::array<int, 2> ends_{-1, -1};
};

std::string line_of(int number) {
  return "line " + std::to_string(number) + std::string(90, '.');
}

TEST(LineQueue, WritesLinesInTheirOrder) {
  Ends ends;
  std::string expected;
  {
    LineQueue queue(ends.writer());
    for (int i = 0; i < 100; ++i) {
      queue.push(line_of(i));
      expected += line_of(i) + "\n";
    }
  }
  ends.end_writing();
  EXPECT_EQ(ends.read_all(), expected);
}

TEST(LineQueue, NeitherWaitsForAReaderThatHasStoppedNorForgetsToCount) {
  Ends ends;
  constexpr int kLines = 50'000;
  std::optional<LineQueue> queue(std::in_place, ends.writer());
  for (int i = 0; i < kLines; ++i) queue->push(line_of(i));
  const std::uint64_t lost = queue->lost();
  EXPECT_GT(lost, 0U);
  std::string read;
  std::thread reader([&] { read = ends.read_all(); });
  queue.reset();
  ends.end_writing();
  reader.join();
  EXPECT_EQ(static_cast<std::uint64_t>(std::count(read.begin(), read.end(), '\n')), kLines - lost);
  EXPECT_TRUE(read.starts_with(line_of(0) + "\n" + line_of(1) + "\n"));
  EXPECT_TRUE(read.ends_with("\n"));
}

TEST(LineQueue, IsNotHeldUpAtItsEndByAReaderThatHasStopped) {
  Ends ends;
  {
    LineQueue queue(ends.writer());
    for (int i = 0; i < 50'000; ++i) queue.push(line_of(i));
  }
  ends.leave_writer();
  ends.close_reader();  // what hangs ends now
}

TEST(LineQueue, CountsWhatNobodyCanRead) {
  Ends ends;
  ends.close_reader();
  LineQueue queue(ends.writer());
  queue.push("a");
  while (queue.lost() < 1) std::this_thread::yield();
  queue.push("b");
  while (queue.lost() < 2) std::this_thread::yield();
}

}  // namespace
}  // namespace callgate::gateway
