// SPDX-License-Identifier: Apache-2.0
#include "scripted_server.hpp"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <signal.h>
#include <sys/socket.h>

#include <cerrno>

#include "listener_sockets.hpp"

namespace callgate::net {
namespace {

// The server's side of TLS.
class TlsServerPeer final : public Peer {
 public:
  TlsServerPeer(int descriptor, const Pair& pair) : Peer(descriptor, ""), context_(make_context(pair)) {
    signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets like to any file
    ssl_.reset(SSL_new(context_.get()));
    SSL_set_fd(ssl_.get(), descriptor);
    up_ = SSL_accept(ssl_.get()) == 1;
  }
  ~TlsServerPeer() override {
    if (up()) SSL_shutdown(ssl_.get());
  }

 protected:
  ssize_t transmit(const char* bytes, std::size_t size) override {
    ERR_clear_error();
    return up() ? SSL_write(ssl_.get(), bytes, static_cast<int>(size)) : -1;
  }
  ssize_t receive(char* into, std::size_t most) override {
    ERR_clear_error();
    errno = 0;
    if (!up()) return 0;
    const int size = SSL_read(ssl_.get(), into, static_cast<int>(most));
    return size > 0 ? size : 0;
  }

 private:
  bool up() const { return up_ && this->descriptor() >= 0; }  // after a reset the number may be another's

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
    void operator()(BIO* bio) const { BIO_free(bio); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  static std::unique_ptr<BIO, Free> bio_of(const std::string& text) {
    return std::unique_ptr<BIO, Free>(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
  }
  static std::unique_ptr<SSL_CTX, Free> make_context(const Pair& pair) {
    std::unique_ptr<SSL_CTX, Free> context(SSL_CTX_new(TLS_server_method()));
    const std::unique_ptr<X509, Free> certificate(
        PEM_read_bio_X509(bio_of(pair.certificate).get(), nullptr, nullptr, nullptr));
    const std::unique_ptr<EVP_PKEY, Free> key(
        PEM_read_bio_PrivateKey(bio_of(pair.key).get(), nullptr, nullptr, nullptr));
    SSL_CTX_use_certificate(context.get(), certificate.get());
    SSL_CTX_use_PrivateKey(context.get(), key.get());
    return context;
  }

  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  bool up_ = false;
};

}  // namespace

std::string ReceivedRequest::target() const {
  const std::size_t first = head.find(' ') + 1;
  return head.substr(first, head.find(' ', first) - first);
}

std::optional<ReceivedRequest> receive_request(Peer& peer) {
  constexpr std::string_view kLength = "\r\nContent-Length: ";
  ReceivedRequest request{.head = peer.read_until("\r\n\r\n"), .body = {}};
  if (request.head.empty()) return std::nullopt;
  const std::size_t found = request.head.find(kLength);
  const std::size_t length =
      found == std::string::npos ? 0 : std::stoul(request.head.substr(found + kLength.size()));
  request.body = peer.read_bytes(length);
  if (request.body.size() < length) return std::nullopt;
  return request;
}

std::string plain_answer(std::string_view body) {
  return "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + std::string(body);
}

ScriptedServer::ScriptedServer(Script script, std::optional<Pair> pair)
    : script_(std::move(script)),
      pair_(std::move(pair)),
      listener_(Listener::bind({.host = "127.0.0.1", .port = 0}, 1).value()),
      accepting_([this] { accept_all(); }) {}

ScriptedServer::~ScriptedServer() {
  shutdown(listener_.sockets().descriptors[0], SHUT_RDWR);
  accepting_.join();
  for (auto& one : serving_) one.join();
}

void ScriptedServer::accept_all() {
  const int listening = listener_.sockets().descriptors[0];
  for (;;) {
    pollfd readable{.fd = listening, .events = POLLIN, .revents = 0};
    poll(&readable, 1, -1);
    const int descriptor = accept4(listening, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0 && errno == EINVAL) return;  // shut down
    if (descriptor < 0) continue;
    serving_.emplace_back([this, descriptor, number = accepted_++] { serve(descriptor, number); });
  }
}

void ScriptedServer::serve(int descriptor, std::size_t number) const {
  if (pair_) {
    TlsServerPeer peer(descriptor, *pair_);
    script_(peer, number);
  } else {
    Peer peer(descriptor, "");
    script_(peer, number);
  }
}

}  // namespace callgate::net
