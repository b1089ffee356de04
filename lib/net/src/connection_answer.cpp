// SPDX-License-Identifier: Apache-2.0
// The second half of a connection: what is done with an answer, and with what the peer sends meanwhile.
#include <algorithm>

#include "connection.hpp"

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kOneRecordBytes =
    std::size_t{8} * 1024;                                   // bodies that share a TLS record with the head
constexpr std::size_t kPieceBytes = std::size_t{64} * 1024;  // read at once, and thrown away
constexpr std::uint64_t kSkippedBytesMax = std::uint64_t{64} * 1024;
constexpr milliseconds kSkipTimeout{5'000};
constexpr std::uint64_t kLingerBytesMax = std::uint64_t{4} * 1024 * 1024;
constexpr milliseconds kLingerTimeout{2'000};

}  // namespace

Connection::Then Connection::plan_after(const http::Response& response) const {
  const bool outstanding = current_.has_body() && !current_.body_complete;
  // A peer that waits for "100 Continue" may send the body or the next request now: nobody can tell which.
  const bool can_skip = outstanding && !current_.body_asked && !current_.framing.chunked &&
                        !current_.expects_continue && *current_.framing.content_length <= kSkippedBytesMax;
  if (outstanding && !can_skip) return Then::linger;
  const bool ours = core_->draining() || lists_element(response.headers, "Connection", "close");
  if (current_.keep_alive && !ours) return outstanding ? Then::skip_body : Then::next_request;
  // A peer that did not say "close" itself may be sending its next request.
  return outstanding || buffer_.size() > 0 || current_.keep_alive ? Then::linger : Then::close;
}

void Connection::send(http::Response response, Then then) {
  phase_ = Phase::writing;
  then_ = then;
  const bool keep = then == Then::next_request || then == Then::skip_body;
  answer_head_ = make_answer_head(response, current_.version_minor,
                                  keep ? AfterAnswer::keep_alive : AfterAnswer::close, core_->date());
  answer_body_ = std::move(response.body);
  if (current_.head_method || !status_has_body(response.status)) answer_body_.clear();
  set_deadline(limits().write_timeout);
  if (!continue_in_flight_) write_answer();
}

void Connection::write_answer() {
  if (wire_->stream.is_tls() && answer_body_.size() <= kOneRecordBytes) {
    answer_head_ += answer_body_;
    answer_body_.clear();
  }
  wire_->stream.write(answer_head_, answer_body_, [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (self->closed()) return;
    if (error) return self->close();
    self->on_written();
  });
}

void Connection::on_written() {
  answer_body_ = {};
  switch (then_) {
    case Then::next_request:
      return await_head();
    case Then::skip_body:
      return skip_body();
    case Then::linger:
      return linger();
    case Then::close:
      break;
  }
  // Closing over bytes that nobody has read would reset the connection, and the answer with it.
  if (anything_unread()) return linger();
  wire_->stream.say_goodbye();
  close();
}

void Connection::skip_body() {
  phase_ = Phase::skipping;
  left_ = *current_.framing.content_length;
  set_deadline(std::min(limits().body_timeout, kSkipTimeout));
  advance();
}

void Connection::advance_skipping() {
  const auto part = std::min<std::uint64_t>(left_, buffer_.size());
  buffer_.consume(static_cast<std::size_t>(part));
  left_ -= part;
  if (left_ > 0) return read(kPieceBytes);
  await_head();
}

void Connection::linger() {
  wire_->stream.end_sending();
  phase_ = Phase::lingering;
  left_ = kLingerBytesMax;
  set_deadline(kLingerTimeout);
  advance();
}

void Connection::advance_lingering() {
  left_ -= std::min<std::uint64_t>(left_, buffer_.size());
  buffer_.consume(buffer_.size());
  if (left_ == 0) return close();
  read(kPieceBytes);
}

}  // namespace callgate::net
