// SPDX-License-Identifier: Apache-2.0
#include "caller.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <callgate/http/headers.hpp>
#include <callgate/json/document.hpp>
#include <charconv>

namespace callgate::http1 {
namespace {

sockaddr_in loopback(unsigned last_number, std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(0x7F000000U + last_number);
  return address;
}

std::optional<int> read_status(std::string_view line) {
  int status = 0;
  if (!line.starts_with("HTTP/1.1 ") || line.size() < 12) return std::nullopt;
  const auto read = std::from_chars(line.data() + 9, line.data() + 12, status);
  if (read.ec != std::errc{} || read.ptr != line.data() + 12 || status < 100) return std::nullopt;
  return status;
}

std::size_t content_length(std::string_view head) {
  std::size_t length = 0;
  const std::size_t at = http::to_lower(head).find("\r\ncontent-length: ");
  if (at != std::string::npos) std::from_chars(head.data() + at + 18, head.data() + head.size(), length);
  return length;
}

std::string reason_in(std::string_view body) {
  const auto document = json::parse(body);
  if (!document) return {};
  const auto member = document->root().find("reason");
  return std::string(member ? member->as_string().value_or("") : "");
}

}  // namespace

Caller::Caller(std::uint16_t port, unsigned source)
    : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const int on = 1;
  setsockopt(socket_, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const timeval patience{10, 0};
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  const sockaddr_in from = loopback(source, 0), to = loopback(1, port);
  connected_ = bind(socket_, reinterpret_cast<const sockaddr*>(&from), sizeof from) == 0 &&
               connect(socket_, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0;
}

Caller::~Caller() {
  if (socket_ >= 0) close(socket_);
}

bool Caller::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

void Caller::let_it_read() const {
  pollfd wanted{socket_, POLLIN, 0};
  poll(&wanted, 1, 1);
}

void Caller::finish_sending() const {
  shutdown(socket_, SHUT_WR);
}

void Caller::reset() {
  const linger at_once{1, 0};
  setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close(socket_);
  socket_ = -1;
}

bool Caller::wait_to_read(std::chrono::steady_clock::time_point deadline) const {
  for (;;) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd wanted{socket_, POLLIN, 0};
    if (poll(&wanted, 1, static_cast<int>(left.count())) > 0) return true;
  }
}

std::optional<std::string> Caller::read_to_end(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  std::string all;
  std::array<char, 16384> part{};
  for (;;) {
    const ssize_t count = recv(socket_, part.data(), part.size(), MSG_DONTWAIT);
    if (count > 0) {
      all.append(part.data(), static_cast<std::size_t>(count));
    } else if (count == 0 || (errno != EAGAIN && errno != EINTR)) {
      return all;
    } else if (!wait_to_read(deadline)) {
      return std::nullopt;
    }
  }
}

std::string Caller::read_some(std::chrono::milliseconds patience) {
  std::array<char, 16384> part{};
  if (!wait_to_read(std::chrono::steady_clock::now() + patience)) return {};
  const ssize_t count = recv(socket_, part.data(), part.size(), MSG_DONTWAIT);
  return count > 0 ? std::string(part.data(), static_cast<std::size_t>(count)) : std::string();
}

std::optional<std::vector<Answer>> parse_answers(std::string_view bytes) {
  std::vector<Answer> answers;
  while (!bytes.empty()) {
    const std::size_t end = bytes.find("\r\n\r\n");
    const auto status = read_status(bytes);
    if (!status || end == std::string_view::npos) return std::nullopt;
    std::size_t length = content_length(bytes.substr(0, end + 2));
    bytes.remove_prefix(end + 4);
    if (bytes.empty() || bytes.starts_with("HTTP/1.1 ")) length = 0;
    if (bytes.size() < length) return std::nullopt;
    if (*status >= 200) answers.push_back({*status, reason_in(bytes.substr(0, length))});
    bytes.remove_prefix(length);
  }
  return answers;
}

}  // namespace callgate::http1
