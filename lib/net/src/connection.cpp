// SPDX-License-Identifier: Apache-2.0
#include "connection.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>
#include <exception>

#include "head_parser.hpp"

namespace callgate::net {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;
using std::chrono::milliseconds;

constexpr std::size_t kHeadPieceBytes = std::size_t{8} * 1024;   // read at once
constexpr std::size_t kBodyPieceBytes = std::size_t{64} * 1024;  // read at once
constexpr milliseconds kDeadlineMax = std::chrono::hours(24 * 365);
constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";

bool wants_keep_alive(const http::RequestHead& head) {
  if (lists_element(head.headers, "Connection", "close")) return false;
  return head.version_minor >= 1 || lists_element(head.headers, "Connection", "keep-alive");
}

// What the handler holds.
class Turn final : public Exchange {
 public:
  Turn(std::shared_ptr<Connection> connection, http::RequestHead head, const http::Framing& framing)
      : connection_(std::move(connection)), head_(std::move(head)), framing_(framing) {}
  ~Turn() override {
    if (!answered_) connection_->abandon();
  }

  const http::RequestHead& head() const override { return head_; }
  const http::Framing& framing() const override { return framing_; }
  const http::Address& peer() const override { return connection_->peer(); }
  Worker& worker() override { return connection_->worker(); }

  void read_body(std::size_t bytes_max, OnBody done) override {
    if (answered_ || body_asked_) return;
    body_asked_ = true;
    connection_->read_body(bytes_max, std::move(done));
  }

  void answer(http::Response response) override {
    if (answered_) return;
    answered_ = true;
    const auto connection = connection_;  // `this` may go with the handler's callback
    connection->answer(std::move(response));
  }

  std::unique_ptr<AnswerStream> stream(http::Response beginning) override {
    if (answered_) return nullptr;
    answered_ = true;
    const auto connection = connection_;
    return connection->stream(beginning);
  }

 private:
  const std::shared_ptr<Connection> connection_;
  const http::RequestHead head_;
  const http::Framing framing_;
  bool body_asked_ = false;
  bool answered_ = false;
};

}  // namespace

void Connection::cut() {
  const auto self = shared_from_this();
  const auto done = std::exchange(on_body_, nullptr);
  close();
  if (done) done(refuse(Reason::http_malformed, "the connection was closed before the body was complete"));
}

void Connection::close() {
  if (closed()) return;
  if (phase_ != Phase::writing && phase_ != Phase::streaming)
    wire_->stream.say_goodbye();  // an answer cut short has no good end
  phase_ = Phase::closed;
  wire_.reset();
  place_.reset();
  core_->remove(*this);
  const auto callback = std::exchange(on_body_, nullptr);  // it may hold the Exchange, which holds this
}

void Connection::abandon() {
  if (phase_ == Phase::working || phase_ == Phase::body) close();
}

// Carries on with what has been received. The one place where a finished read ends up.
void Connection::advance() {
  if (reading_) return;
  switch (phase_) {
    case Phase::proxy_header:
      return advance_proxy_header();
    case Phase::head:
      return advance_head();
    case Phase::body:
      return advance_body();
    case Phase::skipping:
      return advance_skipping();
    case Phase::lingering:
      return advance_lingering();
    case Phase::streaming:
      return advance_streaming();
    case Phase::handshake:
    case Phase::working:
    case Phase::writing:
    case Phase::closed:
      return;
  }
}

void Connection::read(std::size_t most) {
  reading_ = true;
  wire_->stream.read_some(
      buffer_.prepare(most),
      [self = shared_from_this()](ErrorCode error, std::size_t size) { self->end_read(error, size); });
}

// Waiting takes no buffer: most connections are idle most of the time.
void Connection::await_bytes() {
  reading_ = true;
  wire_->stream.wait_for_bytes([self = shared_from_this()](ErrorCode error) {
    if (error || self->closed()) return self->end_read(error, 0);
    const auto step = self->wire_->stream.try_read(self->buffer_.prepare(kHeadPieceBytes));
    if (step.want == TlsSession::Want::nothing) return self->end_read(step.error, step.size);
    self->reading_ = false;
    if (self->retiring_) return self->close_if_idle();
    self->read(kHeadPieceBytes);
  });
}

void Connection::end_read(ErrorCode error, std::size_t size) {
  reading_ = false;
  if (closed()) return;
  if (error == asio::error::operation_aborted && retiring_) return close_if_idle();
  if (error) return on_end();
  buffer_.commit(size);
  advance();
}

// The peer has closed, or the connection broke.
void Connection::on_end() {
  if (phase_ == Phase::body) {
    return finish_body(
        refuse(Reason::http_malformed, "the connection was closed before the body was complete"));
  }
  if (phase_ != Phase::working && phase_ != Phase::writing) close();
}

std::string_view Connection::received() const {
  const auto bytes = buffer_.cdata();
  return {static_cast<const char*>(bytes.data()), bytes.size()};
}

void Connection::await_head() {
  phase_ = Phase::head;
  scan_ = HeadScan(limits());
  head_begun_ = false;
  silent_since_ = SteadyClock::now();
  current_ = Current{};
  body_.reset();
  // The server may have begun to drain while an answer was under way that does not say so, or before the
  // first request: there is a moment for the next.
  set_deadline(core_->draining() ? std::min(limits().idle_timeout, kSilence) : limits().idle_timeout);
  if (buffer_.size() == 0) buffer_ = {};
  advance();
}

void Connection::advance_head() {
  if (buffer_.size() == 0) return await_bytes();
  const auto outcome = scan_.look(received());
  if (!outcome) return fault(outcome.error());
  if (*outcome == HeadScan::Outcome::complete)
    return take_head(received().substr(scan_.skip(), scan_.size()));
  if (scan_.begun() && !head_begun_) {
    head_begun_ = true;
    set_deadline(limits().head_timeout);
  }
  read(kHeadPieceBytes);
}

void Connection::take_head(std::string_view raw) {
  if (auto checked = http::check_raw_head(raw); !checked) return fault(checked.error());
  auto head = parse_request_head(raw);
  if (!head) return fault(head.error());
  buffer_.consume(scan_.skip() + scan_.size());
  current_.head_method = head->method == "HEAD";
  current_.version_minor = head->version_minor;
  if (head->target.size() > limits().target_bytes_max) {
    return fault({Reason::target_too_long, "the request target is too long"});
  }
  const auto framing = http::read_framing(*head);
  if (!framing) return fault(framing.error());
  current_.framing = *framing;
  current_.keep_alive = wants_keep_alive(*head);
  current_.expects_continue =
      head->version_minor >= 1 && lists_element(head->headers, "Expect", "100-continue");
  hand_over(std::move(*head));
}

void Connection::hand_over(http::RequestHead head) {
  phase_ = Phase::working;
  clear_deadline();
  try {
    core_->handler()(std::make_shared<Turn>(shared_from_this(), std::move(head), current_.framing));
  } catch (
      const std::exception&) {  // handlers do not throw; out of memory costs the connection, not the worker
    close();
  }
}

void Connection::fault(const refusal::Refusal& refusal) {
  current_.keep_alive = false;
  send(core_->fault()(refusal, peer_), Then::linger);
}

void Connection::read_body(std::size_t bytes_max, Exchange::OnBody done) {
  if (closed()) {
    return core_->worker().post([done = std::move(done)] {
      done(refuse(Reason::http_malformed, "the connection was closed before the body was read"));
    });
  }
  current_.body_asked = true;
  on_body_ = std::move(done);
  phase_ = Phase::body;
  body_ = current_.framing.chunked
              ? BodyReader::chunked(bytes_max)
              : BodyReader::with_length(current_.framing.content_length.value_or(0), bytes_max);
  set_deadline(limits().body_timeout);
  const bool small_enough = current_.framing.content_length.value_or(0) <= bytes_max;
  if (current_.expects_continue && current_.has_body() && small_enough && buffer_.size() == 0)
    write_continue();
  // `done` is never called from within read_body().
  asio::post(wire_->stream.socket().get_executor(), [self = shared_from_this()] { self->advance(); });
}

void Connection::write_continue() {
  continue_in_flight_ = true;
  current_.expects_continue = false;
  wire_->stream.write(kContinue, {}, [self = shared_from_this()](ErrorCode error, std::size_t) {
    self->continue_in_flight_ = false;
    if (self->closed()) return;
    // An error shows again in the read that is under way, or in the answer's write.
    if (self->phase_ == Phase::writing && !error) return self->write_answer();
    if (self->phase_ == Phase::writing) self->close();
  });
}

void Connection::advance_body() {
  std::string_view bytes = received();
  const std::size_t size = bytes.size();
  const auto step = body_->feed(bytes);
  buffer_.consume(size - bytes.size());
  switch (step) {
    case BodyReader::Step::more:
      return read(kBodyPieceBytes);
    case BodyReader::Step::done:
      current_.body_complete = true;
      return finish_body(body_->take());
    case BodyReader::Step::too_large:
      return finish_body(refuse(Reason::body_too_large, "the body is larger than is taken here"));
    case BodyReader::Step::malformed:
      return finish_body(refuse(Reason::http_malformed, "the chunks of the body are malformed"));
  }
}

void Connection::finish_body(Judged<std::string> result) {
  phase_ = Phase::working;
  clear_deadline();
  const auto done = std::exchange(on_body_, nullptr);
  try {
    done(std::move(result));
  } catch (const std::exception&) {
    close();
  }
}

void Connection::answer(http::Response response) {
  if (closed()) return;
  const auto callback =
      std::exchange(on_body_, nullptr);  // an answer before the body: nobody waits for it any more
  const Then then = plan_after(response);
  send(std::move(response), then);
}

// The timer is set anew only when it would ring too late: on a busy connection deadlines move on all the
// time.
void Connection::set_deadline(milliseconds from_now) {
  deadline_ = SteadyClock::now() + std::min(from_now, kDeadlineMax);
  arm_timer();
}

void Connection::arm_timer() {
  if (armed_for_ <= deadline_) return;
  armed_for_ = deadline_;
  wire_->timer.expires_at(deadline_);
  wire_->timer.async_wait([self = shared_from_this()](ErrorCode error) {
    if (error || self->closed()) return;
    self->armed_for_ = SteadyClock::time_point::max();
    if (SteadyClock::now() >= self->deadline_) return self->on_deadline();
    self->arm_timer();
  });
}

void Connection::on_deadline() {
  clear_deadline();
  switch (phase_) {
    case Phase::proxy_header:
    case Phase::handshake:
      return close();
    case Phase::head:
      if (!head_begun_) return core_->draining() ? leave() : close();
      return fault({Reason::request_timeout, "the request head did not arrive in time"});
    case Phase::body:
      return finish_body(refuse(Reason::request_timeout, "the body did not arrive in time"));
    case Phase::writing:
    case Phase::streaming:
    case Phase::skipping:
    case Phase::lingering:
      return close();
    case Phase::working:
    case Phase::closed:
      return;
  }
}

}  // namespace callgate::net
