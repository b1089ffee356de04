// SPDX-License-Identifier: Apache-2.0
#pragma once
// A server whose connections follow a script of the test, each on a thread of its own. What connects to it
// must have gone before it does.

#include <atomic>
#include <callgate/net/server.hpp>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "certificates.hpp"
#include "peer.hpp"

namespace callgate::net {

struct ReceivedRequest {
  std::string head;
  std::string body;

  std::string target() const;
};

// The next request; nothing if the connection ends before it is complete.
std::optional<ReceivedRequest> receive_request(Peer& peer);
// An answer of status 200 with a Content-Length.
std::string plain_answer(std::string_view body);

class ScriptedServer {
 public:
  // `number`: of the connection, from 0. The connection closes when the script is over.
  using Script = std::function<void(Peer& peer, std::size_t number)>;

  // With a pair: TLS.
  explicit ScriptedServer(Script script, std::optional<Pair> pair = std::nullopt);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return listener_.where().port; }
  std::size_t connections() const { return accepted_; }

 private:
  void accept_all();
  void serve(int descriptor, std::size_t number) const;

  const Script script_;
  const std::optional<Pair> pair_;
  Listener listener_;
  std::atomic<std::size_t> accepted_ = 0;
  std::vector<std::thread> serving_;  // the accepting thread's, until that is joined
  std::thread accepting_;
};

}  // namespace callgate::net
