// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bytes of a connection: those of its socket, or those of TLS over it. At most one read and one write
// are under way. Handlers are called as (ErrorCode, std::size_t), from the loop, also after the stream has
// gone. Or its user tries and waits itself (the steps below), which tells exactly what was sent and leaves
// what is not asked for in the kernel. Loop's thread only.

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <memory>

#include "loop.hpp"
#include "tls_session.hpp"

namespace callgate::net {

class Stream {
 public:
  explicit Stream(asio::io_context& io) : socket_(io) {}
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;
  ~Stream() { drop_tls(); }

  Socket& socket() { return socket_; }
  bool is_tls() const { return tls_ != nullptr; }

  // From here on everything goes through the session.
  void begin_tls(std::shared_ptr<TlsSession> session) { tls_ = std::move(session); }
  template <class Handler>
  void handshake(std::shared_ptr<TlsSession> session, Handler handler) {
    begin_tls(std::move(session));
    drive(
        tls_, [](TlsSession& tls) { return tls.handshake(); }, std::move(handler), false);
  }
  // Back to the bare socket, for instance to see what a peer does whose handshake failed.
  void drop_tls() {
    if (tls_ != nullptr) tls_->leave();
    tls_.reset();
  }

  template <class Handler>
  void read_some(asio::mutable_buffer into, Handler handler) {
    if (tls_ == nullptr) return socket_.async_read_some(into, std::move(handler));
    const auto attempt = [into](TlsSession& tls) {
      return tls.read(static_cast<char*>(into.data()), into.size());
    };
    drive(tls_, attempt, std::move(handler), false);
  }

  // Waits until a read may give something; called as (ErrorCode). Needs no memory to read into meanwhile.
  template <class Handler>
  void wait_for_bytes(Handler handler) {
    if (tls_ == nullptr || !tls_->holds_bytes()) return wait(TlsSession::Want::read, std::move(handler));
    asio::post(socket_.get_executor(), [handler = std::move(handler)]() mutable { handler(ErrorCode{}); });
  }

  // All of both; the bytes must stay until the handler is called. The handler's size says nothing with TLS.
  template <class Handler>
  void write(std::string_view first, std::string_view second, Handler handler) {
    if (tls_ == nullptr) {
      const std::array<asio::const_buffer, 2> parts{asio::buffer(first), asio::buffer(second)};
      return asio::async_write(socket_, parts, std::move(handler));
    }
    const auto attempt = [parts = TlsSession::Parts{first, second}](TlsSession& tls) mutable {
      return tls.write(parts);
    };
    drive(tls_, attempt, std::move(handler), false);
  }

  // Whether something has arrived that was not read. Exact only while no read is under way.
  bool anything_unread() {
    if (tls_ != nullptr) return tls_->anything_unread();
    ErrorCode ignored;
    return socket_.available(ignored) > 0;
  }

  // ---- Without waiting. The socket is in non-blocking mode. ----

  using Step = TlsSession::Step;
  using Parts = TlsSession::Parts;

  Step try_handshake() { return tls_->handshake(); }
  // What the peer did wrong in the session's words; empty: nothing, or it just broke off.
  std::string_view tls_fault() const { return tls_ != nullptr ? std::string_view(tls_->fault()) : ""; }
  Step try_read(asio::mutable_buffer into) {
    if (tls_ != nullptr) return tls_->read(static_cast<char*>(into.data()), into.size());
    ErrorCode error;
    const std::size_t size = socket_.read_some(into, error);
    if (error == asio::error::would_block) return {TlsSession::Want::read, {}, 0};
    return {TlsSession::Want::nothing, error, size};
  }
  // Writes what it can and takes it off the parts; after `want`, the same parts again.
  Step try_write(Parts& parts) {
    if (tls_ != nullptr) return tls_->write(parts);
    while (!parts[0].empty() || !parts[1].empty()) {
      const std::array<asio::const_buffer, 2> buffers{asio::buffer(parts[0]), asio::buffer(parts[1])};
      ErrorCode error;
      const std::size_t size = socket_.write_some(buffers, error);
      if (error == asio::error::would_block) return {TlsSession::Want::write, {}, 0};
      if (error) return {TlsSession::Want::nothing, error, 0};
      sent_bytes_ += size;
      const std::size_t of_first = std::min(size, parts[0].size());
      parts[0].remove_prefix(of_first);
      parts[1].remove_prefix(size - of_first);
    }
    return {};
  }
  // Bytes that try_write() has given to the kernel, with TLS those of its records and of all that it says.
  std::uint64_t sent_bytes() const { return tls_ != nullptr ? tls_->sent_bytes() : sent_bytes_; }

  // Waits until the socket is ready for what a step wants. More than one may wait.
  template <class Handler>
  void wait(TlsSession::Want want, Handler handler) {
    const auto event = want == TlsSession::Want::write ? Socket::wait_write : Socket::wait_read;
    socket_.async_wait(event, std::move(handler));
  }

  // The peer has neither closed nor sent anything that was not read. Takes no byte off the stream.
  bool is_quiet() {
    if (tls_ != nullptr) return tls_->is_quiet();
    char byte = 0;
    ErrorCode error;
    socket_.receive(asio::buffer(&byte, 1), Socket::message_peek, error);
    return error == asio::error::would_block;
  }

  void say_goodbye() {
    if (tls_ != nullptr) tls_->say_goodbye();
  }
  // Nothing more will be written.
  void end_sending() {
    say_goodbye();
    ErrorCode ignored;
    socket_.shutdown(Socket::shutdown_send, ignored);
  }

 private:
  // Tries, and waits for the socket, until the attempt is done one way or the other.
  template <class Attempt, class Handler>
  static void drive(std::shared_ptr<TlsSession> tls, Attempt attempt, Handler handler, bool from_loop) {
    const TlsSession::Step step = attempt(*tls);
    if (step.want == TlsSession::Want::nothing) {
      if (from_loop) return handler(step.error, step.size);
      return asio::post(tls->socket()->get_executor(),
                        [step, handler = std::move(handler)]() mutable { handler(step.error, step.size); });
    }
    const auto event = step.want == TlsSession::Want::read ? Socket::wait_read : Socket::wait_write;
    Socket& socket = *tls->socket();
    socket.async_wait(event, [tls = std::move(tls), attempt = std::move(attempt),
                              handler = std::move(handler)](ErrorCode error) mutable {
      if (!error && tls->socket() == nullptr) error = asio::error::operation_aborted;
      if (error) return handler(error, std::size_t{0});
      drive(std::move(tls), std::move(attempt), std::move(handler), true);
    });
  }

  Socket socket_;
  std::shared_ptr<TlsSession> tls_;
  std::uint64_t sent_bytes_ = 0;
};

}  // namespace callgate::net
