// SPDX-License-Identifier: Apache-2.0
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <callgate/net/server.hpp>
#include <cerrno>
#include <cstring>
#include <memory>
#include <system_error>

#include "listener_sockets.hpp"

namespace callgate::net {
namespace {

constexpr int kPortTries = 16;  // a free port that was picked may be gone before it is bound

using Addresses = std::unique_ptr<addrinfo, decltype(&freeaddrinfo)>;

struct Binding {
  int descriptor = -1;
  int fault = 0;  // errno
};

std::string lower_first(std::string text) {
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z') text[0] = static_cast<char>(text[0] - 'A' + 'a');
  return text;
}

base::Result<Addresses> find_addresses(const http::Endpoint& where) {
  addrinfo wanted{};
  wanted.ai_socktype = SOCK_STREAM;
  wanted.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int fault = getaddrinfo(where.host.c_str(), std::to_string(where.port).c_str(), &wanted, &found);
  Addresses addresses(found, &freeaddrinfo);
  if (fault == 0) return addresses;
  return base::fail("cannot listen on " + where.text() + ": no address for " + where.host + ": " +
                    lower_first(gai_strerror(fault)));
}

bool set_option(int descriptor, int level, int option, int value) {
  return setsockopt(descriptor, level, option, &value, sizeof value) == 0;
}

// A listening socket, non-blocking and closed on exec.
Binding open_socket(const addrinfo& address, bool share_port) {
  Binding binding;
  binding.descriptor =
      socket(address.ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, address.ai_protocol);
  const int fd = binding.descriptor;
  bool good = fd >= 0 && set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (share_port) good = good && set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
  // "[::]" serves IPv4 too, whatever the system's default.
  if (address.ai_family == AF_INET6) good = good && set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0);
  good = good && ::bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, SOMAXCONN) == 0;
  if (good) return binding;
  binding.fault = errno;
  if (fd >= 0) close(fd);
  binding.descriptor = -1;
  return binding;
}

std::uint16_t port_of(int descriptor) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  void* raw = &storage;
  if (getsockname(descriptor, static_cast<sockaddr*>(raw), &size) != 0) return 0;
  if (storage.ss_family == AF_INET6) return ntohs(static_cast<sockaddr_in6*>(raw)->sin6_port);
  return ntohs(static_cast<sockaddr_in*>(raw)->sin_port);
}

void set_port(addrinfo& address, std::uint16_t port) {
  void* raw = address.ai_addr;
  if (address.ai_family == AF_INET6) {
    static_cast<sockaddr_in6*>(raw)->sin6_port = htons(port);
  } else {
    static_cast<sockaddr_in*>(raw)->sin_port = htons(port);
  }
}

// Opens all sockets of `sockets` on one address; gives errno, 0 if all is well. The first, without
// SO_REUSEPORT, only finds out whether the address is free: with the option, a second process would bind it
// in silence.
int open_all(addrinfo& address, std::size_t count, Listener::Sockets& sockets) {
  const Binding probe = open_socket(address, false);
  if (probe.descriptor < 0) return probe.fault;
  sockets.where.port = port_of(probe.descriptor);
  set_port(address, sockets.where.port);
  close(probe.descriptor);
  for (std::size_t i = 0; i < count; ++i) {
    const Binding binding = open_socket(address, true);
    if (binding.descriptor < 0) {
      sockets.close_all();
      return binding.fault;
    }
    sockets.descriptors.push_back(binding.descriptor);
  }
  return 0;
}

// Port 0: any free one, tried again when somebody else was faster.
int open_all_with_tries(addrinfo& address, std::uint16_t port, std::size_t count,
                        Listener::Sockets& sockets) {
  int fault = 0;
  for (int i = 0; i < (port == 0 ? kPortTries : 1); ++i) {
    set_port(address, port);
    fault = open_all(address, count, sockets);
    if (fault != EADDRINUSE) break;
  }
  return fault;
}

std::string explain(const http::Endpoint& where, int fault) {
  std::string text =
      "cannot listen on " + where.text() + ": " + lower_first(std::generic_category().message(fault));
  if (fault == EADDRINUSE || fault == EADDRNOTAVAIL) text += "; choose another address";
  if (fault == EACCES) text += "; choose a port above 1023, or allow the program to bind this one";
  return text;
}

}  // namespace

void Listener::Sockets::close_all() {
  for (const int descriptor : descriptors) {
    if (descriptor >= 0) close(descriptor);
  }
  descriptors.clear();
}

int Listener::Sockets::take(std::size_t index) {
  return index < descriptors.size() ? std::exchange(descriptors[index], -1) : -1;
}

base::Result<Listener> Listener::bind(const http::Endpoint& where, std::size_t sockets) {
  auto addresses = find_addresses(where);
  if (!addresses) return tl::unexpected(addresses.error());
  auto opened = std::make_unique<Sockets>();
  opened->where = where;
  int fault = EADDRNOTAVAIL;
  // A name may stand for several addresses: the first that this machine has, IPv4 before IPv6.
  for (const int family : {AF_INET, AF_INET6}) {
    for (addrinfo* address = addresses->get(); address != nullptr; address = address->ai_next) {
      if (address->ai_family != family) continue;
      fault = open_all_with_tries(*address, where.port, sockets, *opened);
      if (fault == 0) return Listener(std::move(opened));
      if (fault != EADDRNOTAVAIL && fault != EAFNOSUPPORT) return base::fail(explain(where, fault));
    }
  }
  return base::fail(explain(where, fault));
}

Listener::Listener(std::unique_ptr<Sockets> sockets) : sockets_(std::move(sockets)) {}
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&&) noexcept = default;
Listener::~Listener() = default;

const http::Endpoint& Listener::where() const {
  return sockets_->where;
}

}  // namespace callgate::net
