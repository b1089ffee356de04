// SPDX-License-Identifier: Apache-2.0
#pragma once
// A blocking HTTP client that sends exactly the bytes it is given.

#include <callgate/http/headers.hpp>
#include <memory>
#include <string>

struct ssl_st;

namespace callgate::e2e {

struct Answer {
  int status = 0;  // 0: the connection closed without an answer
  http::Headers headers;
  std::string body;
  std::string reason() const;  // of a problem document, else empty
};

// What a TLS client trusts and shows; files in PEM.
struct TlsFiles {
  std::string ca;
  std::string certificate{};  // empty: none is shown
  std::string key{};
};

class Wire {
 public:
  explicit Wire(const std::string& address);  // "127.0.0.1:8080"
  // Speaks TLS, for the name "localhost"; check is_secure().
  Wire(const std::string& address, const TlsFiles& files);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  void send(std::string_view bytes) const;
  Answer receive();
  // Everything up to and with `mark`; what came if the connection ends before.
  std::string read_until(std::string_view mark);
  // True if the peer closes without another byte.
  bool closes();
  // The handshake has succeeded; nothing is sent or received otherwise.
  bool is_secure() const { return tls_ != nullptr; }
  // SHA-256 of the peer's certificate, hexadecimal.
  std::string peer_fingerprint() const;
  void reset();  // closes with a TCP reset

 private:
  bool read_more();
  int socket_;
  std::shared_ptr<ssl_st> tls_;
  std::string buffer_;
};

// One request on a connection of its own.
Answer request(const std::string& address, std::string_view bytes);
Answer get(const std::string& address, const std::string& target);
// POST with Host and Content-Length added.
std::string post_text(const std::string& target, const http::Headers& headers, const std::string& body);
Answer post(const std::string& address, const std::string& target, const http::Headers& headers,
            const std::string& body);

}  // namespace callgate::e2e
