// SPDX-License-Identifier: Apache-2.0
// A connection whose answer has no known end: pieces go out as they come, what the peer sends is thrown away.
#include "connection.hpp"

namespace callgate::net {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{4} * 1024;  // read at once, and thrown away

class Pieces final : public AnswerStream {
 public:
  explicit Pieces(std::shared_ptr<Connection> connection) : connection_(std::move(connection)) {}
  ~Pieces() override { connection_->end_stream(); }

  bool is_open() const override { return !connection_->closed(); }
  std::size_t unsent_bytes() const override { return connection_->unsent_bytes(); }
  void send(std::string_view piece) override { connection_->send_piece(piece); }
  void end() override { connection_->end_stream(); }

 private:
  const std::shared_ptr<Connection> connection_;
};

}  // namespace

std::unique_ptr<AnswerStream> Connection::stream(const http::Response& beginning) {
  auto pieces = std::make_unique<Pieces>(shared_from_this());
  if (closed()) return pieces;
  phase_ = Phase::streaming;
  answer_body_ =
      make_answer_head(beginning, current_.version_minor, AfterAnswer::until_close, core_->date()) +
      beginning.body;
  write_pieces();
  advance();  // reads, to see the peer's end
  return pieces;
}

void Connection::send_piece(std::string_view piece) {
  if (phase_ != Phase::streaming || stream_ended_ || piece.empty()) return;
  unsent_ += piece;
  if (answer_body_.empty()) {
    answer_body_.swap(unsent_);
    write_pieces();
  }
}

void Connection::write_pieces() {
  set_deadline(limits().write_timeout);
  wire_->stream.write(answer_body_, {}, [self = shared_from_this()](ErrorCode error, std::size_t) {
    if (self->closed()) return;
    if (error) return self->close();
    self->answer_body_.clear();
    self->answer_body_.swap(self->unsent_);
    if (!self->answer_body_.empty()) return self->write_pieces();
    self->clear_deadline();
    if (self->stream_ended_) self->linger();
  });
}

void Connection::end_stream() {
  if (phase_ != Phase::streaming || stream_ended_) return;
  stream_ended_ = true;
  if (answer_body_.empty()) linger();
}

void Connection::advance_streaming() {
  buffer_.consume(buffer_.size());
  read(kPieceBytes);
}

}  // namespace callgate::net
