// SPDX-License-Identifier: Apache-2.0
#include <callgate/net/server.hpp>

#include "listener_sockets.hpp"
#include "server_core.hpp"

namespace callgate::net {

struct Server::State : ServerCore {
  using ServerCore::ServerCore;
};

Server::Server(Worker& worker, Listener& listener, std::size_t index, ServerOptions options, Handler handler,
               FaultHandler fault)
    : state_(std::make_shared<State>(worker, std::move(options), std::move(handler), std::move(fault))) {
  state_->open(listener.sockets().take(index));
}

Server::~Server() {
  state_->shut();
}

void Server::drain(std::chrono::milliseconds deadline, std::function<void()> done) {
  state_->drain(deadline, std::move(done));
}

void Server::use(ServerOptions options) {
  state_->use(std::move(options));
}

std::size_t Server::connections() const {
  return state_->connections();
}

}  // namespace callgate::net
