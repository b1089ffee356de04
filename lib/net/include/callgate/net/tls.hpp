// SPDX-License-Identifier: Apache-2.0
#pragma once
// TLS (OpenSSL), versions 1.2 and 1.3, ALPN http/1.1. For the server side TlsContext: no renegotiation, no
// compression, optional client certificates. For the client side TlsTrust. Both are immutable once loaded; a
// new certificate means a new object, and connections keep the one they began with. Any thread.

#include <callgate/base/error.hpp>
#include <chrono>
#include <memory>
#include <string>

namespace callgate::net {

struct TlsFiles {
  std::string certificate;  // PEM: the certificate, then its chain
  std::string key;          // PEM
  std::string client_ca{};  // PEM: clients must show a certificate of one of these; empty: none is asked for
};

// The keys of session tickets are random and each context's own: a ticket from before a reload, perhaps with
// another client_ca, opens nothing. A ticket is good for two hours at most.
class TlsContext {
 public:
  // Refuses files that cannot be read, a key that does not fit the certificate, and an expired or not yet
  // valid certificate only with a warning (see warning()).
  static base::Result<std::shared_ptr<const TlsContext>> load(const TlsFiles& files);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // What is allowed but looks wrong ("expires in 3 days"); empty if nothing.
  const std::string& warning() const;
  // SHA-256 of the certificate in hexadecimal: tells two certificates apart in a log.
  const std::string& fingerprint() const;

  struct Native;  // for net alone
  const Native& native() const { return *native_; }

 private:
  explicit TlsContext(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

// Who may vouch for a server. Its certificate must be valid, and for the host that was asked for.
class TlsTrust {
 public:
  // The certificates of a PEM file; an empty name: those that the system trusts.
  static base::Result<std::shared_ptr<const TlsTrust>> load(const std::string& ca_file = {});
  ~TlsTrust();
  TlsTrust(const TlsTrust&) = delete;
  TlsTrust& operator=(const TlsTrust&) = delete;

  struct Native;  // for net alone
  const Native& native() const { return *native_; }

 private:
  explicit TlsTrust(std::unique_ptr<Native> native);
  std::unique_ptr<Native> native_;
};

}  // namespace callgate::net
