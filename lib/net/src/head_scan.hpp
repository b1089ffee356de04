// SPDX-License-Identifier: Apache-2.0
#pragma once
// Finds the end of a request head in bytes that arrive piece by piece, within the limits, and tells as early
// as it can what cannot become a request (a TLS hello, a bare LF, a control character). It does not replace
// http::check_raw_head, which judges the complete head. Pure; one object for each request.

#include <callgate/http/message.hpp>
#include <callgate/refusal/reason.hpp>
#include <string_view>

namespace callgate::net {

class HeadScan {
 public:
  enum class Outcome { more, complete };

  // `limits` outlives the scan.
  explicit HeadScan(const http::Limits& limits) : limits_(&limits) {}

  // `bytes`: everything received and not yet consumed, i.e. the bytes of the call before and those that came
  // since.
  refusal::Judged<Outcome> look(std::string_view bytes);

  // Something other than the empty lines that may precede a request has been seen.
  bool begun() const { return begun_; }
  // After complete: bytes of empty lines before the head, and bytes of the head with its own empty line.
  std::size_t skip() const { return skip_; }
  std::size_t size() const { return line_start_ - skip_; }

 private:
  enum class Line { inside, last };
  refusal::Judged<Line> take_line(std::string_view line);
  refusal::Judged<void> check_request_line(std::string_view line) const;
  refusal::Judged<void> check_unfinished(std::string_view bytes);
  refusal::Judged<void> check_size(std::size_t size, bool first_line) const;

  const http::Limits* limits_;
  std::size_t skip_ = 0;
  std::size_t line_start_ = 0;  // of the line that is not complete yet
  std::size_t searched_ = 0;    // no LF between line_start_ and here
  std::size_t checked_ = 0;     // no stray control character before here
  std::size_t lines_ = 0;       // complete ones, the request line among them
  bool begun_ = false;
};

}  // namespace callgate::net
