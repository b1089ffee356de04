// SPDX-License-Identifier: Apache-2.0
#include "wire.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <callgate/digest/sha2.hpp>
#include <callgate/http/url.hpp>
#include <callgate/json/document.hpp>

namespace callgate::e2e {

std::string Answer::reason() const {
  const auto document = json::parse(body);
  if (!document) return {};
  const auto member = document->root().find("reason");
  return std::string(member ? member->as_string().value_or("") : "");
}

Wire::Wire(const std::string& address) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto where = http::parse_endpoint(address).value_or(http::Endpoint{"127.0.0.1", 0});
  sockaddr_in peer{};
  peer.sin_family = AF_INET;
  peer.sin_port = htons(where.port);
  inet_pton(AF_INET, where.host.c_str(), &peer.sin_addr);
  const timeval patience{30, 0};
  setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&peer), sizeof peer) != 0)
    ADD_FAILURE() << "cannot connect to " << address;
}

Wire::Wire(const std::string& address, const TlsFiles& files) : Wire(address) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context(SSL_CTX_new(TLS_client_method()),
                                                                  &SSL_CTX_free);
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (SSL_CTX_load_verify_locations(context.get(), files.ca.c_str(), nullptr) != 1)
    ADD_FAILURE() << "cannot read " << files.ca;
  if (!files.certificate.empty()) {
    SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str());
    SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM);
  }
  const std::shared_ptr<SSL> tls(SSL_new(context.get()), &SSL_free);
  SSL_set1_host(tls.get(), "localhost");
  SSL_set_fd(tls.get(), socket_);
  if (SSL_connect(tls.get()) == 1) tls_ = tls;
}

Wire::~Wire() {
  if (tls_) SSL_shutdown(tls_.get());
  close(socket_);
}

void Wire::reset() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  tls_.reset();
  const int gone = std::exchange(socket_, -1);
  close(gone);
}

std::string Wire::peer_fingerprint() const {
  if (!tls_) return {};
  const std::unique_ptr<X509, decltype(&X509_free)> certificate(SSL_get1_peer_certificate(tls_.get()),
                                                                &X509_free);
  std::array<unsigned char, EVP_MAX_MD_SIZE> bytes{};
  unsigned size = 0;
  X509_digest(certificate.get(), EVP_sha256(), bytes.data(), &size);
  return digest::to_hex({reinterpret_cast<const char*>(bytes.data()), size});
}

// A peer that refuses early may stop reading: then the answer is still to be read.
void Wire::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = tls_ ? SSL_write(tls_.get(), bytes.data(), static_cast<int>(bytes.size()))
                               : ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

bool Wire::read_more() {
  std::array<char, 16384> part{};
  const ssize_t count = tls_ ? SSL_read(tls_.get(), part.data(), static_cast<int>(part.size()))
                             : recv(socket_, part.data(), part.size(), 0);
  if (count <= 0) return false;
  buffer_.append(part.data(), static_cast<std::size_t>(count));
  return true;
}

Answer Wire::receive() {
  Answer answer;
  std::size_t end = std::string::npos;
  while ((end = buffer_.find("\r\n\r\n")) == std::string::npos) {
    if (!read_more()) return answer;
  }
  const std::string head = buffer_.substr(0, end + 2);
  buffer_.erase(0, end + 4);
  answer.status = std::stoi(head.substr(9, 3));
  for (std::size_t at = head.find("\r\n") + 2; at < head.size();) {
    const std::size_t line_end = head.find("\r\n", at);
    const std::size_t colon = head.find(':', at);
    answer.headers.add(
        head.substr(at, colon - at),
        std::string(http::trim(std::string_view(head).substr(colon + 1, line_end - colon - 1))));
    at = line_end + 2;
  }
  const std::size_t length =
      static_cast<std::size_t>(std::stoul(std::string(answer.headers.find("Content-Length").value_or("0"))));
  while (buffer_.size() < length && read_more()) {
  }
  answer.body = buffer_.substr(0, length);
  buffer_.erase(0, length);
  return answer;
}

std::string Wire::read_until(std::string_view mark) {
  std::size_t found = std::string::npos;
  while ((found = buffer_.find(mark)) == std::string::npos && read_more()) {
  }
  const std::size_t size = found == std::string::npos ? buffer_.size() : found + mark.size();
  std::string text = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return text;
}

bool Wire::closes() {
  return buffer_.empty() && !read_more();
}

Answer request(const std::string& address, std::string_view bytes) {
  Wire wire(address);
  wire.send(bytes);
  return wire.receive();
}

Answer get(const std::string& address, const std::string& target) {
  return request(address, "GET " + target + " HTTP/1.1\r\nHost: test\r\n\r\n");
}

std::string post_text(const std::string& target, const http::Headers& headers, const std::string& body) {
  std::string text =
      "POST " + target + " HTTP/1.1\r\nHost: test\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  for (const http::Field& field : headers.fields()) text += field.name + ": " + field.value + "\r\n";
  return text + "\r\n" + body;
}

Answer post(const std::string& address, const std::string& target, const http::Headers& headers,
            const std::string& body) {
  return request(address, post_text(target, headers, body));
}

}  // namespace callgate::e2e
