// SPDX-License-Identifier: Apache-2.0
#include "peer.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace callgate::net {
namespace {

constexpr int kPatienceSeconds = 20;

void set_patience(int descriptor) {
  const timeval patience{.tv_sec = kPatienceSeconds, .tv_usec = 0};
  setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

}  // namespace

Peer::Peer(std::uint16_t port) : descriptor_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  set_patience(descriptor_);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const void* raw = &address;
  connected_ = connect(descriptor_, static_cast<const sockaddr*>(raw), sizeof address) == 0;
}

Peer::Peer(int descriptor, std::string_view) : descriptor_(descriptor), connected_(true) {
  set_patience(descriptor_);
}

Peer::~Peer() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool Peer::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = transmit(bytes.data(), bytes.size());
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

ssize_t Peer::transmit(const char* bytes, std::size_t size) {
  return ::send(descriptor_, bytes, size, MSG_NOSIGNAL);
}

ssize_t Peer::receive(char* into, std::size_t most) {
  return recv(descriptor_, into, most, 0);
}

void Peer::shut_sending() const {
  shutdown(descriptor_, SHUT_WR);
}

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(descriptor_);
  descriptor_ = -1;
}

bool Peer::fill() {
  std::array<char, 65536> piece{};
  const ssize_t size = receive(piece.data(), piece.size());
  if (size <= 0) return false;
  buffer_.append(piece.data(), static_cast<std::size_t>(size));
  return true;
}

std::string Peer::take(std::size_t size) {
  std::string taken = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return taken;
}

std::string Peer::read_until(std::string_view mark) {
  for (;;) {
    const std::size_t found = buffer_.find(mark);
    if (found != std::string::npos) return take(found + mark.size());
    if (!fill()) return {};
  }
}

std::string Peer::read_bytes(std::size_t size) {
  while (buffer_.size() < size && fill()) {
  }
  return take(size);
}

std::string Peer::read_to_end() {
  while (fill()) {
  }
  return take(buffer_.size());
}

bool Peer::at_end() {
  if (!buffer_.empty()) return false;
  char byte = 0;
  const ssize_t size = receive(&byte, 1);
  return size == 0 || (size < 0 && errno == ECONNRESET);
}

std::optional<Answer> Peer::answer(bool head_method) {
  const std::string head = read_until("\r\n\r\n");
  if (!head.starts_with("HTTP/1.1 ")) return std::nullopt;
  Answer answer;
  answer.status = std::stoi(head.substr(9, 3));
  std::size_t line = head.find("\r\n") + 2;
  for (std::size_t end = head.find("\r\n", line); end != line;
       line = end + 2, end = head.find("\r\n", line)) {
    const std::size_t colon = head.find(": ", line);
    answer.headers.add(head.substr(line, colon - line), head.substr(colon + 2, end - colon - 2));
  }
  const std::size_t length = head_method ? 0 : std::stoul("0" + answer.header("Content-Length"));
  while (buffer_.size() < length) {
    if (!fill()) return std::nullopt;
  }
  answer.body = take(length);
  return answer;
}

}  // namespace callgate::net
