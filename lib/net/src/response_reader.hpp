// SPDX-License-Identifier: Apache-2.0
#pragma once
// Reads one answer from bytes that arrive piece by piece, within the limits, and judges whether another may
// follow on the same connection (RFC 9112 sections 6.3 and 9.3). Interim answers (1xx) are passed over.
// Pure; used again for the next answer after begin().

#include <callgate/http/message.hpp>
#include <callgate/net/client.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "body_reader.hpp"
#include "head_parser.hpp"

namespace callgate::net {

class ResponseReader {
 public:
  enum class Step { more, done, broken };

  // `answers_head`: the request's method is HEAD.
  void begin(bool answers_head, const ClientLimits& limits);

  // Takes from the front of `bytes` what it has understood: heads only when they are complete. What is left
  // after done is not part of this answer.
  Step feed(std::string_view& bytes);
  // The peer has closed.
  Step end();

  // Something of an answer has come.
  bool begun() const { return begun_; }
  // After broken: why.
  const std::string& fault() const { return fault_; }
  // After done, once.
  http::Response take();

  // After done: the peer keeps the connection, and the end of this answer is beyond doubt. Stricter than what
  // is still read as an answer: a head that two parsers could read differently is the last one.
  bool goes_on() const { return goes_on_; }
  // How long the peer says that it keeps an idle connection ("Keep-Alive: timeout=5").
  std::optional<std::chrono::seconds> keep_alive() const { return keep_alive_; }

 private:
  Step feed_heads(std::string_view& bytes);
  Step take_head(std::string_view raw);
  std::optional<BodyReader> body_of(const ResponseHead& head) const;
  bool has_no_body(int status) const;
  bool may_go_on(const ResponseHead& head, std::string_view raw);
  bool has_plain_lines(std::string_view raw);
  Step broken(std::string what);

  bool answers_head_ = false;
  std::size_t head_bytes_max_ = 0;
  std::size_t body_bytes_max_ = 0;
  bool begun_ = false;
  std::size_t searched_ = 0;  // no end of a head before here
  int interim_answers_ = 0;
  std::optional<ResponseHead> head_;
  std::optional<BodyReader> body_;
  bool goes_on_ = false;
  std::optional<std::chrono::seconds> keep_alive_;
  std::string fault_;
  std::string lines_;  // scratch
};

}  // namespace callgate::net
