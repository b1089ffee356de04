// SPDX-License-Identifier: Apache-2.0
#pragma once
// Connections to applications that are kept and used again (RFC 9112 section 9.3), http and https. One pool
// belongs to one worker: every call and callback on its thread (or before run()), no lock. Requests on one
// connection go one after the other, never pipelined.
//
// An upstream is a scheme, host and port, and for https the TlsTrust object: what was connected under one
// trust is not used under another. Among idle connections the one that was used last goes first.
//
// What is kept: a connection whose request was written whole and whose answer was HTTP/1.1 without
// "Connection: close", with a Content-Length or in chunks, complete, and with nothing behind it. Where the
// peer names a time in Keep-Alive, a second less than that counts if it is shorter than idle_timeout. An idle
// connection on which the peer closes or says anything is closed at once, and each is looked at once more
// before it is used, so that an answer never goes to another request than its own.
//
// Tried again, once and on a new connection: a request for which a kept connection turns out dead before it
// took the first byte. Once the kernel may have a byte, a failure is an error; the caller decides, who knows
// what a second delivery would do.

#include <callgate/net/client.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace callgate::net {

// Of one pool, for each upstream.
struct PoolLimits {
  std::size_t connections_per_upstream_max = 64;  // connecting, in use and idle together
  std::chrono::milliseconds idle_timeout{4'000};  // many application servers close after 5 s
  std::size_t waiting_max = 256;                  // requests that wait for a connection; beyond: busy
};

class ClientPool {
 public:
  // The worker lives longer than the pool.
  explicit ClientPool(Worker& worker, const PoolLimits& limits = {});
  // Closes everything, whatever is under way. Callbacks that were not called yet never are, they are dropped
  // here with what they hold; dropping them must not call the pool. A callback may destroy the pool.
  ~ClientPool();
  ClientPool(const ClientPool&) = delete;
  ClientPool& operator=(const ClientPool&) = delete;

  // Like net::send(), with a connection of the pool. connect_timeout counts from here on, for the wait
  // (beyond: busy), the connection and its TLS (beyond: timeout); total_timeout from when the request has its
  // connection. When all connections are in use requests wait, and get theirs in order. `done` is called
  // once, never from within send(). Who is no longer interested ignores the call.
  void send(const http::Url& where, http::Request request, const ClientLimits& limits,
            std::shared_ptr<const TlsTrust> trust, OnResponse done);

  // Now, all upstreams together.
  std::size_t open() const;  // connections: connecting, in use, idle
  std::size_t idle() const;
  std::size_t waiting() const;  // requests
  // Connections begun since the pool was made: far fewer than requests, or keeping does not work.
  std::uint64_t opened() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace callgate::net
