// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/net/client_pool.hpp>
#include <vector>

#include "client_upstream.hpp"

namespace callgate::net {

struct ClientPool::State {
  State(Worker& worker, const PoolLimits& limits) : core(std::make_shared<PoolCore>(worker, limits)) {}

  ClientUpstream& upstream(const http::Url& where, std::shared_ptr<const TlsTrust> trust) {
    const auto found = std::find_if(upstreams.begin(), upstreams.end(),
                                    [&](const auto& one) { return one->is_to(where, trust.get()); });
    if (found != upstreams.end()) return **found;
    // Those that nothing goes to any more make room, or addresses that change would fill memory.
    std::erase_if(upstreams, [](const auto& one) { return one->is_unused(); });
    upstreams.push_back(std::make_unique<ClientUpstream>(*core, make_destination(where, std::move(trust))));
    return *upstreams.back();
  }

  std::size_t sum(std::size_t (ClientUpstream::*count)() const) const {
    std::size_t all = 0;
    for (const auto& one : upstreams) all += (*one.*count)();
    return all;
  }

  const std::shared_ptr<PoolCore> core;
  std::vector<std::unique_ptr<ClientUpstream>> upstreams;  // few: one for each application
};

ClientPool::ClientPool(Worker& worker, const PoolLimits& limits)
    : state_(std::make_unique<State>(worker, limits)) {}
ClientPool::~ClientPool() = default;

void ClientPool::send(const http::Url& where, http::Request request, const ClientLimits& limits,
                      std::shared_ptr<const TlsTrust> trust, OnResponse done) {
  if (auto fault = find_fault(where, request.head, trust.get()))
    return state_->core->fail_soon(std::move(done), std::move(*fault));
  ClientUpstream& upstream = state_->upstream(where, std::move(trust));
  upstream.send(make_call(std::move(request), limits, std::move(done)));
}

std::size_t ClientPool::open() const {
  return state_->sum(&ClientUpstream::open);
}

std::size_t ClientPool::idle() const {
  return state_->sum(&ClientUpstream::idle);
}

std::size_t ClientPool::waiting() const {
  return state_->sum(&ClientUpstream::waiting);
}

std::uint64_t ClientPool::opened() const {
  return state_->core->opened;
}

}  // namespace callgate::net
