// SPDX-License-Identifier: Apache-2.0
#include "tls_peer.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>

namespace callgate::net {
namespace {

void use_pair(SSL_CTX* context, const Pair& pair) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> certificate(
      BIO_new_mem_buf(pair.certificate.data(), static_cast<int>(pair.certificate.size())), &BIO_free);
  const std::unique_ptr<X509, decltype(&X509_free)> x509(
      PEM_read_bio_X509(certificate.get(), nullptr, nullptr, nullptr), &X509_free);
  SSL_CTX_use_certificate(context, x509.get());
  const std::unique_ptr<BIO, decltype(&BIO_free)> key(
      BIO_new_mem_buf(pair.key.data(), static_cast<int>(pair.key.size())), &BIO_free);
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> pkey(
      PEM_read_bio_PrivateKey(key.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free);
  SSL_CTX_use_PrivateKey(context, pkey.get());
}

std::string wire_form(const std::vector<std::string>& protocols) {
  std::string text;
  for (const auto& one : protocols) text += static_cast<char>(one.size()) + one;
  return text;
}

}  // namespace

TlsPeer::TlsPeer(std::uint16_t port, const TlsPeerOptions& options, std::string_view before) : Peer(port) {
  signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets like to any file
  set_up(options);
  if (!before.empty()) ::send(descriptor(), before.data(), before.size(), options.joined ? MSG_MORE : 0);
  ERR_clear_error();
  if (const int result = SSL_connect(ssl_.get()); result != 1) fault_ = explain(result);
}

TlsPeer::~TlsPeer() {
  if (fault_.empty() && descriptor() >= 0) SSL_shutdown(ssl_.get());
}

void TlsPeer::set_up(const TlsPeerOptions& options) {
  context_.reset(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_security_level(context_.get(), 0);  // or TLS 1.1 would not even be offered
  SSL_CTX_set_cipher_list(context_.get(), options.ciphers);
  SSL_CTX_set_min_proto_version(context_.get(), options.version_min);
  SSL_CTX_set_max_proto_version(context_.get(), options.version_max);
  if (!options.certificate.key.empty()) use_pair(context_.get(), options.certificate);
  SSL_CTX_set_session_cache_mode(context_.get(), SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context_.get(), &TlsPeer::take_session);
  ssl_.reset(SSL_new(context_.get()));
  SSL_set_app_data(ssl_.get(), this);
  if (!options.protocols.empty()) {
    const std::string wire = wire_form(options.protocols);
    const void* bytes = wire.data();
    SSL_set_alpn_protos(ssl_.get(), static_cast<const unsigned char*>(bytes),
                        static_cast<unsigned int>(wire.size()));
  }
  if (options.session != nullptr) SSL_set_session(ssl_.get(), options.session.get());
  SSL_set_fd(ssl_.get(), descriptor());
}

int TlsPeer::take_session(SSL* ssl, SSL_SESSION* session) {
  static_cast<TlsPeer*>(SSL_get_app_data(ssl))->session_ = {session, &SSL_SESSION_free};
  return 1;  // it is ours now
}

std::string TlsPeer::explain(int result) const {
  const int saved = errno;
  const int why = SSL_get_error(ssl_.get(), result);
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  if (why == SSL_ERROR_SSL && reason != nullptr) {
    const bool ended = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
    return ended ? "closed" : reason;
  }
  return why == SSL_ERROR_SYSCALL && saved == ECONNRESET ? "reset" : "closed";
}

std::string TlsPeer::protocol() const {
  const unsigned char* name = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl_.get(), &name, &size);
  const void* bytes = name;
  return size == 0 ? "" : std::string(static_cast<const char*>(bytes), size);
}

std::string TlsPeer::server_fingerprint() const {
  const std::unique_ptr<X509, decltype(&X509_free)> shown(SSL_get1_peer_certificate(ssl_.get()), &X509_free);
  return shown == nullptr ? "" : fingerprint_of(shown.get());
}

std::string TlsPeer::ending() {
  read_to_end();
  return ending_;
}

bool TlsPeer::at_clean_end() {
  return at_end() && ending_ == "end";
}

ssize_t TlsPeer::transmit(const char* bytes, std::size_t size) {
  ERR_clear_error();
  return SSL_write(ssl_.get(), bytes, static_cast<int>(size));
}

ssize_t TlsPeer::receive(char* into, std::size_t most) {
  ERR_clear_error();
  errno = 0;
  const int size = SSL_read(ssl_.get(), into, static_cast<int>(most));
  if (size > 0) return size;
  const int why = SSL_get_error(ssl_.get(), size);
  ending_ = why == SSL_ERROR_ZERO_RETURN ? "end" : explain(size);
  if (ending_ == "end" || ending_ == "closed") return 0;
  errno = ending_ == "reset" ? ECONNRESET : EPROTO;
  return -1;
}

}  // namespace callgate::net
