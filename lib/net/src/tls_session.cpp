// SPDX-License-Identifier: Apache-2.0
#include "tls_session.hpp"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <boost/asio/error.hpp>
#include <cerrno>

namespace callgate::net {
namespace {

constexpr std::size_t kBytesOfAStepMax = std::size_t{64} * 1024;
// Key updates (TLS 1.3) and refused renegotiations (TLS 1.2) cost us more than the peer.
constexpr int kUnaskedMessagesMax = 32;

struct FreeMethod {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

}  // namespace

struct TlsSession::SocketBio {
  static TlsSession& session_of(BIO* bio) { return *static_cast<TlsSession*>(BIO_get_data(bio)); }

  static int read(BIO* bio, char* into, int most) {
    auto& self = session_of(bio);
    BIO_clear_retry_flags(bio);
    if (self.socket_ == nullptr || most <= 0 || self.unasked_messages_ > kUnaskedMessagesMax) return -1;
    if (!self.early_.empty()) return read_early(self, into, static_cast<std::size_t>(most));
    ssize_t size = -1;
    if (const std::size_t room = std::min(self.budget_, static_cast<std::size_t>(most)); room == 0) {
      errno = EAGAIN;
    } else {
      do size = recv(self.socket_->native_handle(), into, room, 0);
      while (size < 0 && errno == EINTR);
    }
    if (size < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_read(bio);
    if (size > 0) self.budget_ -= static_cast<std::size_t>(size);
    return static_cast<int>(size);
  }

  static int read_early(TlsSession& self, char* into, std::size_t most) {
    const std::size_t size = self.early_.copy(into, most);
    self.early_.erase(0, size);
    if (self.early_.empty()) self.early_ = {};
    return static_cast<int>(size);
  }

  static int write(BIO* bio, const char* bytes, int size) {
    auto& self = session_of(bio);
    BIO_clear_retry_flags(bio);
    if (self.socket_ == nullptr || size <= 0) return -1;
    ssize_t sent = -1;
    do sent = send(self.socket_->native_handle(), bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) BIO_set_retry_write(bio);
    if (sent > 0) self.sent_bytes_ += static_cast<std::uint64_t>(sent);
    return static_cast<int>(sent);
  }

  static long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
    return command == BIO_CTRL_FLUSH ? 1 : 0;  // nothing is held back here
  }

  static BIO_METHOD* method() {
    static const std::unique_ptr<BIO_METHOD, FreeMethod> kMethod = [] {
      std::unique_ptr<BIO_METHOD, FreeMethod> made(
          BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "callgate socket"));
      if (made == nullptr) return made;
      BIO_meth_set_read(made.get(), &SocketBio::read);
      BIO_meth_set_write(made.get(), &SocketBio::write);
      BIO_meth_set_ctrl(made.get(), &SocketBio::control);
      return made;
    }();
    return kMethod.get();
  }

  static BIO* make(TlsSession& session) {
    BIO* bio = method() == nullptr ? nullptr : BIO_new(method());
    if (bio == nullptr) return nullptr;
    BIO_set_data(bio, &session);
    BIO_set_init(bio, 1);
    return bio;
  }
};

std::shared_ptr<TlsSession> TlsSession::make(SSL_CTX* context, Socket& socket, std::string early) {
  std::shared_ptr<TlsSession> session(new TlsSession(socket, std::move(early)));
  session->ssl_.reset(SSL_new(context));
  BIO* const bio = session->ssl_ == nullptr ? nullptr : SocketBio::make(*session);
  if (bio == nullptr) {
    ERR_clear_error();
    return nullptr;
  }
  SSL_set_bio(session->ssl_.get(), bio, bio);  // takes it over
  SSL_set_msg_callback(session->ssl_.get(), &TlsSession::count_message);
  SSL_set_msg_callback_arg(session->ssl_.get(), session.get());
  return session;
}

std::shared_ptr<TlsSession> TlsSession::accept(const TlsContext& context, Socket& socket, std::string early) {
  auto session = make(context.native().context.get(), socket, std::move(early));
  if (session != nullptr) SSL_set_accept_state(session->ssl_.get());
  return session;
}

std::shared_ptr<TlsSession> TlsSession::connect(const TlsTrust& trust, Socket& socket,
                                                const std::string& host) {
  auto session = make(trust.native().context.get(), socket, {});
  if (session == nullptr) return nullptr;
  SSL* const ssl = session->ssl_.get();
  SSL_set_connect_state(ssl);
  SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  ErrorCode is_name;
  asio::ip::make_address(host, is_name);
  bool named = false;
  if (is_name) {
    std::string name = host;  // instead of SSL_set_tlsext_host_name(), whose macro casts constness away
    named = SSL_set1_host(ssl, host.c_str()) == 1 &&
            SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name, name.data()) == 1;
  } else {
    named = X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host.c_str()) == 1;
  }
  constexpr std::array<unsigned char, 9> kHttp1{8, 'h', 't', 't', 'p', '/', '1', '.', '1'};
  const bool good = named && SSL_set_alpn_protos(ssl, kHttp1.data(), kHttp1.size()) == 0;
  ERR_clear_error();
  return good ? session : nullptr;
}

// OpenSSL's list of errors belongs to the thread: what another connection left there must not count here.
void TlsSession::begin_step() {
  ERR_clear_error();
  budget_ = kBytesOfAStepMax;
}

void TlsSession::count_message(int writing, int /*version*/, int type, const void* /*bytes*/,
                               std::size_t /*size*/, SSL* /*ssl*/, void* session) {
  auto& self = *static_cast<TlsSession*>(session);
  if (writing == 0 && type == SSL3_RT_HANDSHAKE && self.established_) ++self.unasked_messages_;
}

TlsSession::Step TlsSession::judge(int result) {
  const int why = SSL_get_error(ssl_.get(), result);
  if (why == SSL_ERROR_WANT_READ) return {Want::read, {}, 0};
  if (why == SSL_ERROR_WANT_WRITE) return {Want::write, {}, 0};
  if (why == SSL_ERROR_ZERO_RETURN) return {Want::nothing, asio::error::eof, 0};
  failed_ = true;
  const long verdict = SSL_get_verify_result(ssl_.get());
  const unsigned long error = ERR_peek_last_error();
  const bool broke_off = ERR_GET_REASON(error) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  const char* reason = broke_off ? nullptr : ERR_reason_error_string(error);
  if (verdict != X509_V_OK) reason = X509_verify_cert_error_string(verdict);
  if (reason != nullptr) fault_ = reason;
  ERR_clear_error();
  return {Want::nothing, asio::error::connection_aborted, 0};
}

TlsSession::Step TlsSession::handshake() {
  begin_step();
  const int result = SSL_do_handshake(ssl_.get());
  if (result != 1) return judge(result);
  established_ = true;
  return {};
}

TlsSession::Step TlsSession::read(char* into, std::size_t most) {
  begin_step();
  std::size_t size = 0;
  const int result = SSL_read_ex(ssl_.get(), into, most, &size);
  if (result != 1) return judge(result);
  unasked_messages_ = 0;
  return {Want::nothing, {}, size};
}

TlsSession::Step TlsSession::write(Parts& parts) {
  begin_step();
  for (auto& part : parts) {
    while (!part.empty()) {
      std::size_t size = 0;
      const int result = SSL_write_ex(ssl_.get(), part.data(), part.size(), &size);
      writing_ = result != 1;
      if (writing_) return judge(result);
      part.remove_prefix(size);
    }
  }
  return {};
}

// Records that are not for us (a key update) are dealt with on the way.
TlsSession::Step TlsSession::peek() {
  begin_step();
  char byte = 0;
  std::size_t size = 0;
  const int result = SSL_peek_ex(ssl_.get(), &byte, 1, &size);
  return result == 1 ? Step{Want::nothing, {}, size} : judge(result);
}

bool TlsSession::anything_unread() {
  if (failed_ || !established_ || socket_ == nullptr) return false;
  const Step step = peek();
  if (step.want != Want::read) return step.size > 0;
  ErrorCode ignored;
  return SSL_has_pending(ssl_.get()) == 1 || socket_->available(ignored) > 0;
}

bool TlsSession::is_quiet() {
  if (failed_ || !established_ || socket_ == nullptr) return false;
  // With the budget used up nobody knows what is left on the socket.
  return peek().want == Want::read && budget_ > 0 && SSL_has_pending(ssl_.get()) == 0;
}

void TlsSession::say_goodbye() {
  if (failed_ || !established_ || writing_ || socket_ == nullptr) return;
  if ((SSL_get_shutdown(ssl_.get()) & SSL_SENT_SHUTDOWN) != 0) return;
  begin_step();
  SSL_shutdown(ssl_.get());
  ERR_clear_error();
}

}  // namespace callgate::net
