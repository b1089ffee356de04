// SPDX-License-Identifier: Apache-2.0
#pragma once
// A Peer that speaks TLS, checks the server's certificate against nothing, and says how the handshake went.

#include <openssl/ssl.h>

#include <memory>
#include <string>
#include <vector>

#include "certificates.hpp"
#include "peer.hpp"

namespace callgate::net {

struct TlsPeerOptions {
  int version_min = TLS1_2_VERSION;
  int version_max = TLS1_3_VERSION;
  const char* ciphers = "ALL:@SECLEVEL=0";  // of TLS 1.2
  bool joined = false;                      // what is sent before shares a segment with the client hello
  std::vector<std::string> protocols{};     // offered by ALPN; none: no ALPN
  Pair certificate{};
  std::shared_ptr<SSL_SESSION> session{};  // to resume
};

class TlsPeer : public Peer {
 public:
  // Connects, sends `before` in clear, and shakes hands.
  explicit TlsPeer(std::uint16_t port, const TlsPeerOptions& options = {}, std::string_view before = {});
  ~TlsPeer() override;

  // Why the handshake failed on this side: OpenSSL's word, "closed" or "reset"; empty if it did not.
  const std::string& fault() const { return fault_; }
  bool up() const { return fault_.empty(); }
  // Reads until the connection ends, and says how: "end" after close_notify, else like fault().
  std::string ending();
  SSL* ssl() { return ssl_.get(); }
  std::string protocol() const;  // chosen by ALPN
  std::string server_fingerprint() const;
  bool resumed() const { return SSL_session_reused(ssl_.get()) == 1; }
  // The last session ticket that was received.
  std::shared_ptr<SSL_SESSION> session() const { return session_; }
  // The server has said close_notify, and nothing more had arrived.
  bool at_clean_end();

 protected:
  ssize_t transmit(const char* bytes, std::size_t size) override;
  ssize_t receive(char* into, std::size_t most) override;

 private:
  static int take_session(SSL* ssl, SSL_SESSION* session);
  void set_up(const TlsPeerOptions& options);
  std::string explain(int result) const;

  struct Free {
    void operator()(SSL* ssl) const { SSL_free(ssl); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<SSL_CTX, Free> context_;
  std::unique_ptr<SSL, Free> ssl_;
  std::shared_ptr<SSL_SESSION> session_;
  std::string fault_;
  std::string ending_;
};

}  // namespace callgate::net
