// SPDX-License-Identifier: Apache-2.0
#pragma once
// The links of a pool to one server, and the requests that wait for one. Loop's thread only.

#include <callgate/net/client_pool.hpp>
#include <list>
#include <memory>
#include <string>
#include <vector>

#include "client_link.hpp"

namespace callgate::net {

// What the upstreams of one pool share; gone when the pool is.
struct PoolCore : std::enable_shared_from_this<PoolCore> {
  PoolCore(Worker& its_worker, const PoolLimits& its_limits) : worker(its_worker), limits(its_limits) {}
  PoolCore(const PoolCore&) = delete;
  PoolCore& operator=(const PoolCore&) = delete;
  ~PoolCore() = default;

  // From the loop, unless the pool goes before.
  void fail_soon(OnResponse done, ClientError error);

  Worker& worker;
  const PoolLimits limits;
  std::uint64_t opened = 0;
};

class ClientUpstream final : public ClientLink::Owner {
 public:
  // `core` lives longer.
  ClientUpstream(PoolCore& core, Destination destination);
  ClientUpstream(const ClientUpstream&) = delete;
  ClientUpstream& operator=(const ClientUpstream&) = delete;
  // Closes all links. Calls nobody.
  ~ClientUpstream();

  bool is_to(const http::Url& where, const TlsTrust* trust) const;
  // No link, and nobody waits.
  bool is_unused() const { return links_.empty() && waiting_.empty(); }
  void send(ClientCall call);

  std::size_t open() const { return links_.size(); }
  std::size_t idle() const { return idle_.size(); }
  std::size_t waiting() const { return waiting_.size(); }

 private:
  using LinkPtr = std::shared_ptr<ClientLink>;
  struct Waiting {
    ClientCall call;
    std::shared_ptr<void> timeout;
  };

  void on_free(ClientLink& link) override;
  void on_closed(ClientLink& link) override;
  bool has_room() const;
  void start(ClientCall call);
  void open_link(ClientCall call);
  void wait(ClientCall call);
  void give_up(std::list<Waiting>::iterator which);
  void serve_waiting();
  void forget(const ClientLink& link);
  ClientError busy(const char* what) const;

  PoolCore& core_;
  const std::shared_ptr<const Destination> destination_;
  std::vector<LinkPtr> links_;  // all, also the idle ones
  std::vector<LinkPtr> idle_;   // the one that was used last is last
  std::list<Waiting> waiting_;  // the first has waited longest
};

}  // namespace callgate::net
