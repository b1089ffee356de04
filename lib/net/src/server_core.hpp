// SPDX-License-Identifier: Apache-2.0
#pragma once
// The accepting side of one worker: takes connections off the listening socket, knows those that are open,
// drains. Connections hold it, so it lives as long as the last of them. Worker's thread only.

#include <boost/asio/basic_socket_acceptor.hpp>
#include <callgate/net/server.hpp>
#include <ctime>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <unordered_set>

#include "loop.hpp"

namespace callgate::net {

class Connection;

class ServerCore : public std::enable_shared_from_this<ServerCore> {
 public:
  ServerCore(Worker& worker, ServerOptions options, Handler handler, FaultHandler fault);

  // Accepts from `descriptor`, which it now owns.
  void open(int descriptor);
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);
  // The server goes away: everything is closed, nobody is told.
  void shut();
  void use(ServerOptions options);
  std::size_t connections() const { return connections_.size(); }

  // For connections.
  Worker& worker() { return worker_; }
  // Those of a connection that begins now.
  const std::shared_ptr<const ServerOptions>& options() const { return options_; }
  const Handler& handler() const { return handler_; }
  const FaultHandler& fault() const { return fault_; }
  bool draining() const { return draining_; }
  // The Date field of an answer written now.
  const std::string& date();
  // A connection has closed.
  void remove(Connection& connection);
  // A step of a handshake can cost as much as many requests: one is taken in each turn of the loop, and those
  // who are through with theirs do not wait for all that are not.
  void queue_handshake(std::shared_ptr<Connection> connection);

 private:
  using Acceptor = asio::basic_socket_acceptor<asio::ip::tcp, Executor>;

  void wait_for_connections();
  // Takes at most `most` connections, as long as fewer than `open_max` are open in all.
  void accept_queued(std::size_t most, std::size_t open_max);
  // True if there is no room; then we shall be woken.
  bool wait_for_room();
  void pause_accepting();
  void take_handshake();
  void cut_all();
  void finish_drain_if_empty();

  Worker& worker_;
  std::shared_ptr<const ServerOptions> options_;  // with a count
  const Handler handler_;
  const FaultHandler fault_;
  std::optional<Acceptor> acceptor_;
  std::unordered_set<Connection*> connections_;
  bool waiting_ = false;                                // for something to accept
  std::shared_ptr<void> pause_;                         // while descriptors or memory are short
  std::deque<std::shared_ptr<Connection>> handshakes_;  // those whose next step can be taken
  bool handshake_turn_ = false;                         // is asked for
  bool draining_ = false;
  std::function<void()> on_drained_;
  std::shared_ptr<void> drain_deadline_;
  std::time_t date_time_ = -1;
  std::string date_;
};

}  // namespace callgate::net
