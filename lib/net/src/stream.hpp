// SPDX-License-Identifier: Apache-2.0
#pragma once
// The bytes of a connection: those of its socket, or those of TLS over it. At most one read and one write
// are under way. Handlers are called as (ErrorCode, std::size_t), from the loop, also after the stream has
// gone. Loop's thread only.

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
  template <class Handler>
  void handshake(std::shared_ptr<TlsSession> session, Handler handler) {
    tls_ = std::move(session);
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
};

}  // namespace callgate::net
