// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP/1.1 server side over TCP or TLS: framing, limits, time-outs, keep-alive, PROXY protocol, draining. It
// knows no route and no token; the handler decides. Requests of one connection are handled one after the
// other, answers go out in order.
//
// The way of a request: the raw head is judged (http::check_raw_head), parsed, its framing judged
// (http::read_framing), then the handler gets an Exchange. The handler may answer from the head alone, or ask
// for the body first. What the peer gets wrong before that (framing, sizes, time-outs) is answered by the
// `fault` callback.

#include <callgate/base/error.hpp>
#include <callgate/http/framing.hpp>
#include <callgate/http/message.hpp>
#include <callgate/http/network.hpp>
#include <callgate/http/url.hpp>
#include <callgate/net/tls.hpp>
#include <callgate/net/worker.hpp>
#include <callgate/refusal/reason.hpp>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::net {

// An answer without a known end (server-sent events). All calls on the worker's thread. Goes on until end(),
// until the peer has gone, or until the pointer has: then the connection closes.
class AnswerStream {
 public:
  AnswerStream() = default;
  AnswerStream(const AnswerStream&) = delete;
  AnswerStream& operator=(const AnswerStream&) = delete;
  virtual ~AnswerStream() = default;

  virtual bool is_open() const = 0;
  // What the peer has not taken yet. A writer that goes on regardless fills memory: stop and see
  // whether it shrinks; a peer that takes nothing for the write time-out is cut.
  virtual std::size_t unsent_bytes() const = 0;
  virtual void send(std::string_view piece) = 0;
  virtual void end() = 0;
};

// One request and its answer. All calls on the worker's thread. Keeping the pointer keeps the connection's
// memory, not the connection: after the peer has gone, answers go nowhere.
class Exchange {
 public:
  using OnBody = std::function<void(refusal::Judged<std::string>)>;

  Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;
  virtual ~Exchange() = default;

  virtual const http::RequestHead& head() const = 0;
  virtual const http::Framing& framing() const = 0;
  // Address of the peer: the TCP peer's, or the one that a trusted PROXY header names.
  virtual const http::Address& peer() const = 0;
  virtual Worker& worker() = 0;

  // Reads the whole body, at most `bytes_max`; sends "100 Continue" first if the peer asked for it. Fails
  // with body_too_large, http_malformed (bad chunks, early end) or request_timeout; the handler still has to
  // answer. At most once, before answer(). `done` is never called from within read_body(), nor after
  // answer().
  virtual void read_body(std::size_t bytes_max, OnBody done) = 0;

  // Exactly once; an Exchange that goes without it closes the connection. Adds Date, Content-Length and
  // Connection; leaves the body out for HEAD. A body that was not read is drained within bounds, or the
  // connection is closed.
  virtual void answer(http::Response response) = 0;

  // In place of answer(): sends status and fields (and the body, as a beginning), and what the stream is
  // told. The connection's end is the answer's end. Not for HEAD.
  virtual std::unique_ptr<AnswerStream> stream(http::Response beginning) = 0;
};

using Handler = std::function<void(std::shared_ptr<Exchange>)>;
// The answer to a request of `peer` that never reached the handler. Called on the worker's thread.
using FaultHandler = std::function<http::Response(const refusal::Refusal&, const http::Address& peer)>;

// Open connections in all and by peer address, shared by all workers of a listener. Any thread.
class ConnectionCount;
std::shared_ptr<ConnectionCount> make_connection_count();
std::size_t open_connections(const ConnectionCount& count);

// Listening sockets on one address, one for each worker (SO_REUSEPORT), bound but not yet accepting.
// An address in use is an error even when its holder also uses SO_REUSEPORT.
class Listener {
 public:
  static base::Result<Listener> bind(const http::Endpoint& where, std::size_t sockets);
  Listener(Listener&&) noexcept;
  Listener& operator=(Listener&&) noexcept;
  ~Listener();
  // Where it listens, with the port that was picked if 0 was asked for.
  const http::Endpoint& where() const;

  struct Sockets;
  Sockets& sockets() { return *sockets_; }

 private:
  explicit Listener(std::unique_ptr<Sockets> sockets);
  std::unique_ptr<Sockets> sockets_;
};

// How connections are taken. Values; `use` may replace them while the server runs.
struct ServerOptions {
  http::Limits limits{};
  std::shared_ptr<const TlsContext> tls{};         // null: plain HTTP
  std::vector<http::Network> trusted_proxies{};    // not counted by source
  bool proxy_protocol = false;                     // each connection starts with a PROXY header, v1 or
                                                   // v2, from a trusted proxy; all others are closed
  std::shared_ptr<ConnectionCount> connections{};  // shared by the servers of one listener; null: own
  // Told, on the worker's thread, why a connection was ended before there was a request to answer: its
  // handshake failed, or it had no PROXY header that counts. Not told of peers that only came and went.
  std::function<void(const http::Address& peer, std::string_view why)> on_lost{};
};

// The accepting side of one worker. Create and call it on the worker's thread (or before run()); it must live
// until the worker's loop has ended, and the worker longer than it.
class Server {
 public:
  // Takes socket `index` of the listener and accepts. Handlers do not throw; one that does costs its
  // connection.
  Server(Worker& worker, Listener& listener, std::size_t index, ServerOptions options, Handler handler,
         FaultHandler fault);
  ~Server();
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  // Accepts what is queued, then stops listening; idle connections close, others after the answer they owe
  // (which says Connection: close). Calls `done` once no connection is left, at the latest after `deadline`,
  // when what is still open is cut.
  void drain(std::chrono::milliseconds deadline, std::function<void()> done);

  // What holds from the next connection on; those that are open keep what they started with.
  void use(ServerOptions options);

  std::size_t connections() const;

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace callgate::net
