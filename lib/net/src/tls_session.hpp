// SPDX-License-Identifier: Apache-2.0
#pragma once
// TLS over the socket of one connection. OpenSSL reads and writes the socket itself, through a BIO of ours;
// the caller waits for the socket where a step says so. Instead of asio::ssl::stream: that one holds some
// 70 KiB of buffers for each connection, idle ones too, and does not tell what it has read and not yet
// looked at. Loop's thread only.

#include <openssl/ssl.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "loop.hpp"
#include "tls_native.hpp"

namespace callgate::net {

class TlsSession {
 public:
  enum class Want { nothing, read, write };
  struct Step {
    Want want = Want::nothing;  // wait for the socket, then try again; else it is done:
    ErrorCode error;            // eof: the peer has said that it ends
    std::size_t size = 0;       // of what was read
  };
  using Parts = std::array<std::string_view, 2>;

  // The server's side. `early`: what was read off the socket before. Null if memory is short. `socket` must
  // live until leave().
  static std::shared_ptr<TlsSession> accept(const TlsContext& context, Socket& socket, std::string early);

  // The client's side: the server must show a certificate for `host`, a name or an address.
  static std::shared_ptr<TlsSession> connect(const TlsTrust& trust, Socket& socket, const std::string& host);

  TlsSession(const TlsSession&) = delete;
  TlsSession& operator=(const TlsSession&) = delete;
  ~TlsSession() = default;

  // The connection goes; operations that still wait find socket() null.
  void leave() { socket_ = nullptr; }
  Socket* socket() { return socket_; }
  // What went wrong, in OpenSSL's words, after a step that failed; empty: the connection broke.
  const std::string& fault() const { return fault_; }

  Step handshake();
  Step read(char* into, std::size_t most);
  // Writes as much as it can and takes it off the parts. A write that is to be tried again must be tried
  // with the same parts.
  Step write(Parts& parts);
  // Whether bytes lie here, off the socket, that read() has not given out: perhaps half a record.
  bool holds_bytes() const { return !early_.empty() || SSL_has_pending(ssl_.get()) == 1; }
  // Whether something has arrived that read() has not given out: also half a record.
  bool anything_unread();
  // Established, neither side has ended it, and nothing has arrived that read() has not given out.
  bool is_quiet();
  // Handed to the kernel so far.
  std::uint64_t sent_bytes() const { return sent_bytes_; }
  // Tells the peer that nothing more comes, unless there is nobody to tell. Does not wait.
  void say_goodbye();

 private:
  struct FreeSsl {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
  };
  struct SocketBio;  // the callbacks of the BIO

  TlsSession(Socket& socket, std::string early) : socket_(&socket), early_(std::move(early)) {}
  static std::shared_ptr<TlsSession> make(SSL_CTX* context, Socket& socket, std::string early);
  void begin_step();
  static void count_message(int writing, int version, int type, const void* bytes, std::size_t size, SSL* ssl,
                            void* session);
  Step judge(int result);
  Step peek();

  Socket* socket_;
  std::string early_;
  std::string fault_;
  std::size_t budget_ = 0;    // bytes that this step may still take off the socket: others wait
  int unasked_messages_ = 0;  // of the handshake's kind, after it, since the last bytes that were read
  std::uint64_t sent_bytes_ = 0;
  bool established_ = false;
  bool failed_ = false;
  bool writing_ = false;  // a record is not wholly written
  std::unique_ptr<SSL, FreeSsl> ssl_;
};

}  // namespace callgate::net
