// SPDX-License-Identifier: Apache-2.0
#pragma once
// Lines on their way to a descriptor, written by a thread of their own. Whoever pushes never waits for
// whoever reads: a reader that has stopped costs lines, which are counted, and no callback.

#include <cstdint>
#include <memory>
#include <string_view>
#include <thread>

namespace callgate::gateway {

class LineQueue {
 public:
  explicit LineQueue(int descriptor, std::size_t bytes_max = std::size_t{1} << 20);
  // Waits a second at most until all is written. A write that does not end by then is left to itself.
  ~LineQueue();
  LineQueue(const LineQueue&) = delete;
  LineQueue& operator=(const LineQueue&) = delete;

  // Any thread. Its end of line is added.
  void push(std::string_view line);
  // Lines that did not fit, or could not be written.
  std::uint64_t lost() const;

 private:
  struct State;
  const std::shared_ptr<State> state_;
  std::thread thread_;
};

}  // namespace callgate::gateway
