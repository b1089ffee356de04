// SPDX-License-Identifier: Apache-2.0
#pragma once
// One accepted connection: learns whom it is from (PROXY header), shakes hands (TLS), reads a request, hands
// it on as an Exchange, writes the answer, and again. At any time it is in one phase, at most one read is
// under way, and one deadline counts. It is kept alive by the operation that is under way or by the Exchange;
// the ServerCore only knows it. Worker's thread only.

#include <boost/beast/core/flat_buffer.hpp>
#include <callgate/http/framing.hpp>
#include <callgate/net/server.hpp>
#include <memory>
#include <optional>
#include <string>

#include "body_reader.hpp"
#include "connection_count.hpp"
#include "head_scan.hpp"
#include "loop.hpp"
#include "server_core.hpp"
#include "stream.hpp"
#include "wire_text.hpp"

namespace callgate::net {

// When the server drains: how long a peer may be silent that may still send a request.
inline constexpr std::chrono::milliseconds kSilence{1'000};

class Connection : public std::enable_shared_from_this<Connection> {
 public:
  Connection(std::shared_ptr<ServerCore> core, const http::Address& peer, ConnectionCount::Place place);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // Owns `descriptor` from now on.
  void start(asio::ip::tcp protocol, int descriptor);
  // Its turn has come: one step of the TLS handshake.
  void step_handshake();
  // The server drains: closes if nothing of a request arrives within a moment, else after the answer.
  void retire();
  // Closes at once; a handler that waits for a body is told.
  void cut();
  // Closes at once.
  void close();

  // For the Exchange of the request that is being answered.
  const http::Address& peer() const { return peer_; }
  Worker& worker() { return core_->worker(); }
  void read_body(std::size_t bytes_max, Exchange::OnBody done);
  void answer(http::Response response);
  std::unique_ptr<AnswerStream> stream(const http::Response& beginning);
  // For the AnswerStream.
  bool closed() const { return phase_ == Phase::closed; }
  std::size_t unsent_bytes() const { return answer_body_.size() + unsent_.size(); }
  void send_piece(std::string_view piece);
  void end_stream();
  // Nobody is left who could answer.
  void abandon();

 private:
  enum class Phase {
    proxy_header,
    handshake,  // of TLS
    head,       // waits for a request
    body,       // reads a body that the handler asked for
    working,    // the handler has the request
    writing,    // an answer
    streaming,  // an answer without a known end
    skipping,   // reads over a body that nobody asked for
    lingering,  // has sent its end; reads until the peer closes, so that the peer sees the answer
    closed,
  };
  enum class Then { next_request, skip_body, linger, close };

  // Of the request that is being handled.
  struct Current {
    bool head_method = false;  // HEAD: an answer has no body
    std::uint8_t version_minor = 1;
    bool keep_alive = false;  // the peer would like to
    bool expects_continue = false;
    bool body_asked = false;
    bool body_complete = false;
    http::Framing framing;

    bool has_body() const { return framing.chunked || framing.content_length.value_or(0) > 0; }
  };

  // The part that must be gone before the loop is; the rest may live as long as an Exchange.
  struct Wire {
    explicit Wire(asio::io_context& io) : stream(io), timer(io) {}
    Stream stream;
    Timer timer;
  };

  const http::Limits& limits() const { return options_->limits; }
  void advance();
  void read(std::size_t most);
  void await_bytes();
  void end_read(ErrorCode error, std::size_t size);
  void on_end();
  void leave();
  void close_if_idle();
  // Something was received but not looked at. Exact only while no read is under way.
  bool anything_unread();

  void advance_proxy_header();
  void meet_peer();
  void shake_hands();
  void on_handshake(ErrorCode error);
  void close_as_lost(std::string_view why);

  void await_head();
  void advance_head();
  void take_head(std::string_view raw);
  void hand_over(http::RequestHead head);
  void fault(const refusal::Refusal& refusal);

  void advance_body();
  void finish_body(refusal::Judged<std::string> result);
  void write_continue();

  Then plan_after(const http::Response& response) const;
  void send(http::Response response, Then then);
  void write_answer();
  void on_written();
  void skip_body();
  void advance_skipping();
  void linger();
  void advance_lingering();

  void advance_streaming();
  void write_pieces();

  void set_deadline(std::chrono::milliseconds from_now);
  void clear_deadline() { deadline_ = SteadyClock::time_point::max(); }
  void arm_timer();
  void on_deadline();

  std::string_view received() const;

  const std::shared_ptr<ServerCore> core_;
  const std::shared_ptr<const ServerOptions> options_;
  http::Address peer_;
  std::optional<ConnectionCount::Place> place_;
  std::optional<Wire> wire_;
  boost::beast::flat_buffer buffer_;
  Phase phase_ = Phase::working;
  bool reading_ = false;             // then buffer_ may only be looked at
  bool retiring_ = false;            // the read is cancelled to see whether the connection is idle
  bool continue_in_flight_ = false;  // "100 Continue" is being written

  SteadyClock::time_point deadline_ = SteadyClock::time_point::max();
  SteadyClock::time_point armed_for_ =
      SteadyClock::time_point::max();  // when the timer wakes; max: it does not

  HeadScan scan_;
  bool head_begun_ = false;
  SteadyClock::time_point silent_since_;  // if no head has begun
  Current current_;
  std::optional<BodyReader> body_;
  Exchange::OnBody on_body_;
  std::uint64_t left_ = 0;  // bytes to skip, or that lingering reads at most

  std::string answer_head_;
  std::string answer_body_;
  std::string unsent_;  // pieces of a stream that wait for the write under way
  bool stream_ended_ = false;
  Then then_ = Then::close;
};

}  // namespace callgate::net
