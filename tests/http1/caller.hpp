// SPDX-License-Identifier: Apache-2.0
#pragma once
// The sender's end of one TCP connection to a gateway on this machine: sends exactly the bytes it is given,
// in the pieces it is given, and can half-close or reset. One thread at a time; owns its socket.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::http1 {

struct Answer {
  int status = 0;
  std::string reason;  // of a problem document, else empty
};

class Caller {
 public:
  // source: last number of the loopback address the connection comes from, 1 to 254.
  explicit Caller(std::uint16_t port, unsigned source = 1);
  ~Caller();
  Caller(const Caller&) = delete;
  Caller& operator=(const Caller&) = delete;

  bool connected() const { return connected_; }
  // False once the peer takes no more.
  bool send(std::string_view bytes) const;
  // Gives the peer up to a millisecond to read what was sent; less if it answers.
  void let_it_read() const;
  // The peer reads an end of file, and can still answer.
  void finish_sending() const;
  // Everything sent so far and not yet read by the peer is lost to it.
  void reset();
  // All the peer sends until it closes; nothing if it has not closed after `patience`.
  std::optional<std::string> read_to_end(std::chrono::milliseconds patience);
  // Whatever comes first; may be empty.
  std::string read_some(std::chrono::milliseconds patience);

 private:
  bool wait_to_read(std::chrono::steady_clock::time_point deadline) const;
  int socket_;
  bool connected_ = false;
};

// What a server sent over one connection. Nothing if that is no sequence of complete HTTP/1.1 answers.
// Interim answers (100) are left out; an answer that announces a body and brings none is one to HEAD.
std::optional<std::vector<Answer>> parse_answers(std::string_view bytes);

}  // namespace callgate::http1
