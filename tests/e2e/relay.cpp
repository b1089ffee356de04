// SPDX-License-Identifier: Apache-2.0
#include "relay.hpp"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <callgate/http/url.hpp>
#include <cstdlib>

namespace callgate::e2e {
namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_all(int to, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t count = send(to, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

// One read passed on; false at the end.
bool pass(int from, int to) {
  std::array<char, 16384> part{};
  const ssize_t count = recv(from, part.data(), part.size(), 0);
  if (count <= 0) return false;
  send_all(to, {part.data(), static_cast<std::size_t>(count)});
  return true;
}

void pass_both_ways(int a, int b) {
  for (;;) {
    std::array<pollfd, 2> both{{{a, POLLIN, 0}, {b, POLLIN, 0}}};
    if (poll(both.data(), both.size(), -1) < 0) return;
    if (both[0].revents != 0 && !pass(a, b)) return;
    if (both[1].revents != 0 && !pass(b, a)) return;
  }
}

std::string read_head(int from) {
  std::string head;
  for (char c = 0; !head.ends_with("\r\n\r\n") && recv(from, &c, 1, 0) == 1;) head += c;
  return head;
}

// "GET http://host/path HTTP/1.1" as an origin server wants it: "GET /path HTTP/1.1".
std::string with_path_alone(const std::string& head) {
  const std::size_t host = head.find("://");
  if (host == std::string::npos) return head;
  return head.substr(0, head.find(' ') + 1) + head.substr(head.find('/', host + 3));
}

}  // namespace

Relay::Relay(const std::string& target, std::string connected)
    : target_(target),
      connected_(std::move(connected)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, raw, size) != 0 || listen(listener_, 16) != 0 ||
      getsockname(listener_, raw, &size) != 0)
    ADD_FAILURE() << "the relay cannot listen";
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { accept_all(); });
}

Relay::~Relay() {
  shutdown(listener_, SHUT_RDWR);
  thread_.join();
  for (std::thread& client : clients_) client.join();
  close(listener_);
}

std::string Relay::url() const {
  return "http://127.0.0.1:" + std::to_string(port_);
}

std::vector<std::string> Relay::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

void Relay::accept_all() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    clients_.emplace_back([this, client] {
      serve(client);
      close(client);
    });
  }
}

void Relay::serve(int client) {
  const std::string head = read_head(client);
  {
    const std::lock_guard lock(mutex_);
    asked_.push_back(head.substr(0, head.find("\r\n")));
  }
  const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = loopback(http::parse_endpoint(target_)->port);
  if (connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    if (head.starts_with("CONNECT ")) {
      send_all(client, "HTTP/1.1 200 Connected\r\n" + connected_ + "\r\n");
    } else {
      send_all(server, with_path_alone(head));
    }
    pass_both_ways(client, server);
  }
  close(server);
}

Variable::Variable(const char* name, const std::string& value) : name_(name) {
  setenv(name, value.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): tests run one after the other
}

Variable::~Variable() {
  unsetenv(name_);  // NOLINT(concurrency-mt-unsafe)
}

}  // namespace callgate::e2e
