// SPDX-License-Identifier: Apache-2.0
#pragma once
// What stands behind a TlsContext and a TlsTrust.

#include <openssl/ssl.h>

#include <callgate/net/tls.hpp>
#include <memory>
#include <string>

namespace callgate::net {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

struct TlsContext::Native {
  SslContext context;
  std::string warning;
  std::string fingerprint;
};

struct TlsTrust::Native {
  SslContext context;
};

// What holds for both sides.
bool set_up_tls(SSL_CTX* context);

}  // namespace callgate::net
