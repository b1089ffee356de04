// SPDX-License-Identifier: Apache-2.0
#include "transport.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>

namespace callgate::load {
namespace {

bool to_address(const http::Endpoint& endpoint, sockaddr_storage& address, socklen_t& size) {
  auto* four = reinterpret_cast<sockaddr_in*>(&address);
  auto* six = reinterpret_cast<sockaddr_in6*>(&address);
  if (inet_pton(AF_INET, endpoint.host.c_str(), &four->sin_addr) == 1) {
    four->sin_family = AF_INET;
    four->sin_port = htons(endpoint.port);
    size = sizeof *four;
    return true;
  }
  six->sin6_family = AF_INET6;
  six->sin6_port = htons(endpoint.port);
  size = sizeof *six;
  return inet_pton(AF_INET6, endpoint.host.c_str(), &six->sin6_addr) == 1;
}

void bind_to_source(int socket, unsigned number) {
  const int on = 1;
  setsockopt(socket, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  sockaddr_in from{};
  from.sin_family = AF_INET;
  from.sin_addr.s_addr = htonl(0x7F000001U + number);
  // If this fails the connection comes from the usual address.
  static_cast<void>(bind(socket, reinterpret_cast<const sockaddr*>(&from), sizeof from));
}

}  // namespace

std::string_view to_text(Failure failure) {
  switch (failure) {
    case Failure::none:
      return "none";
    case Failure::refused:
      return "refused";
    case Failure::reset:
      return "reset";
    case Failure::closed_before_answer:
      return "closed_before_answer";
    case Failure::timeout:
      return "timeout";
    case Failure::not_sent:
      return "not_sent";
    case Failure::out_of_sockets:
      return "out_of_sockets";
    case Failure::other:
      break;
  }
  return "other";
}

std::shared_ptr<SSL_CTX> make_tls_context() {
  std::shared_ptr<SSL_CTX> context(SSL_CTX_new(TLS_client_method()), SSL_CTX_free);
  if (!context) return nullptr;
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE,
                     nullptr);  // a test tool: the certificate is the test's own
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

Transport::Transport(const Target& target, const std::shared_ptr<SSL_CTX>& tls, unsigned source, int epoll,
                     std::uint64_t mark) {
  sockaddr_storage address{};
  socklen_t size = 0;
  if (!to_address(target.address, address, size)) {
    failure_ = Failure::other;
    return;
  }
  socket_ = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (socket_ < 0) {
    failure_ = Failure::out_of_sockets;
    return;
  }
  const int on = 1;
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  if (target.sources > 1 && address.ss_family == AF_INET) bind_to_source(socket_, source % target.sources);
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = mark;
  epoll_ctl(epoll, EPOLL_CTL_ADD, socket_, &event);
  if (connect(socket_, reinterpret_cast<const sockaddr*>(&address), size) != 0 && errno != EINPROGRESS)
    fail_with(errno);
  if (!tls) return;
  ssl_.reset(SSL_new(tls.get()));
  SSL_set_fd(ssl_.get(), socket_);
  SSL_set_connect_state(ssl_.get());
}

Transport::~Transport() {
  if (socket_ >= 0) close(socket_);
}

Step Transport::fail_with(int error) {
  switch (error) {
    case ECONNREFUSED:
      failure_ = Failure::refused;
      break;
    case ECONNRESET:
    case EPIPE:
      failure_ = Failure::reset;
      break;
    case ETIMEDOUT:
      failure_ = Failure::timeout;
      break;
    case EADDRNOTAVAIL:
    case EMFILE:
      failure_ = Failure::out_of_sockets;
      break;
    default:
      failure_ = Failure::other;
  }
  return Step::failed;
}

Step Transport::step_of_tls(int result) {
  const int system_error = errno;
  switch (SSL_get_error(ssl_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return Step::later;
    case SSL_ERROR_ZERO_RETURN:
      return Step::closed;
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      return system_error == 0 ? Step::closed : fail_with(system_error);
    default:
      break;
  }
  const bool cut_off = ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING;
  ERR_clear_error();
  if (cut_off) return Step::closed;
  failure_ = Failure::other;
  return Step::failed;
}

Step Transport::establish() {
  if (failure_ != Failure::none) return Step::failed;
  if (!connected_) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) return fail_with(error);
    tcp_info info{};
    size = sizeof info;
    getsockopt(socket_, IPPROTO_TCP, TCP_INFO, &info, &size);
    if (info.tcpi_state == TCP_SYN_SENT) return Step::later;
    connected_ = true;
  }
  if (!ssl_) return Step::done;
  errno = 0;
  const int result = SSL_do_handshake(ssl_.get());
  return result == 1 ? Step::done : step_of_tls(result);
}

Step Transport::send(std::string_view bytes, std::size_t& sent) {
  while (sent < bytes.size()) {
    errno = 0;
    if (ssl_) {
      std::size_t count = 0;
      const int result = SSL_write_ex(ssl_.get(), bytes.data() + sent, bytes.size() - sent, &count);
      if (result != 1) return step_of_tls(result);
      sent += count;
      continue;
    }
    const ssize_t count = ::send(socket_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (count < 0 && errno == EAGAIN) return Step::later;
    if (count < 0) return fail_with(errno);
    sent += static_cast<std::size_t>(count);
  }
  return Step::done;
}

Step Transport::receive(std::string& into) {
  std::array<char, 16384> part{};
  for (;;) {
    errno = 0;
    if (ssl_) {
      std::size_t count = 0;
      const int result = SSL_read_ex(ssl_.get(), part.data(), part.size(), &count);
      if (result != 1) return step_of_tls(result);
      into.append(part.data(), count);
      continue;
    }
    const ssize_t count = recv(socket_, part.data(), part.size(), 0);
    if (count < 0 && errno == EAGAIN) return Step::later;
    if (count < 0) return fail_with(errno);
    if (count == 0) return Step::closed;
    into.append(part.data(), static_cast<std::size_t>(count));
  }
}

void raise_file_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

}  // namespace callgate::load
