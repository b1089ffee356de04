// SPDX-License-Identifier: Apache-2.0
#pragma once
// One non-blocking connection to the target, plain or TLS, registered edge-triggered with an epoll instance.
// After every event of it, and after begin(), call the steps again until they say `later`.

#include <openssl/ssl.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "options.hpp"

namespace callgate::load {

enum class Step { done, later, closed, failed };

// Why a request got no answer.
enum class Failure { none, refused, reset, closed_before_answer, timeout, not_sent, out_of_sockets, other };
std::string_view to_text(Failure failure);

// Shared by all connections; nothing if OpenSSL refuses.
std::shared_ptr<SSL_CTX> make_tls_context();

class Transport {
 public:
  // `mark` comes back with each epoll event. `source` counts the connections, to spread them over addresses.
  Transport(const Target& target, const std::shared_ptr<SSL_CTX>& tls, unsigned source, int epoll,
            std::uint64_t mark);
  ~Transport();
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;

  // Until TCP and TLS stand.
  Step establish();
  // Sends from bytes[sent] on and moves `sent`.
  Step send(std::string_view bytes, std::size_t& sent);
  // Appends whatever has arrived. `closed` at the end of the stream.
  Step receive(std::string& into);
  // What went wrong, after `failed`.
  Failure failure() const { return failure_; }

 private:
  Step fail_with(int error);
  Step step_of_tls(int result);

  int socket_ = -1;
  std::unique_ptr<SSL, void (*)(SSL*)> ssl_{nullptr, SSL_free};
  bool connected_ = false;
  Failure failure_ = Failure::none;
};

// Raises the limit of open files as far as it goes.
void raise_file_limit();

}  // namespace callgate::load
