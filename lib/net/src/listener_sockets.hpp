// SPDX-License-Identifier: Apache-2.0
#pragma once
// The listening sockets that a Listener holds until its servers take them.

#include <callgate/net/server.hpp>
#include <vector>

namespace callgate::net {

struct Listener::Sockets {
  Sockets() = default;
  Sockets(const Sockets&) = delete;
  Sockets& operator=(const Sockets&) = delete;
  ~Sockets() { close_all(); }

  void close_all();
  // The descriptor, which the caller now owns; -1 if it was taken already.
  int take(std::size_t index);

  http::Endpoint where;
  std::vector<int> descriptors;  // -1: taken
};

}  // namespace callgate::net
