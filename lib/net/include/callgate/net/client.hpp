// SPDX-License-Identifier: Apache-2.0
#pragma once
// HTTP/1.1 client side, http and https. send() opens one connection for each request (the emulator as the
// sender, command line tools); ClientPool (client_pool.hpp) keeps connections for the application behind the
// gateway. Follows no redirect. All calls and callbacks on the worker's thread.

#include <callgate/http/message.hpp>
#include <callgate/http/url.hpp>
#include <callgate/net/tls.hpp>
#include <callgate/net/worker.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <tl/expected.hpp>

namespace callgate::net {

struct ClientLimits {
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{15'000};  // from the connection on to the last byte of the answer
  std::size_t head_bytes_max = std::size_t{32} * 1024;
  std::size_t body_bytes_max = std::size_t{8} * 1024 * 1024;
};

struct ClientError {
  enum class Kind { unreachable, timeout, broken_answer } kind;
  std::string message;  // what failed, for a log; no bytes of the answer
  // Of a ClientPool, with `unreachable`: no connection was free in time, or too many waited already. Nothing
  // was tried, and nothing is known about the server: our capacity, not its fault.
  bool busy = false;
  // A byte of the request went out: whatever the kind, the server may have acted on it.
  bool sent = false;
};

using OnResponse = std::function<void(tl::expected<http::Response, ClientError>)>;

// Sends `request` to the host and port of `where` (its target is not used) and calls `done` once. Host and
// Content-Length are set here; the other fields go as given. https goes to servers alone for which `trust`
// holds; without it, https is an error.
void send(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
          std::shared_ptr<const TlsTrust> trust, OnResponse done);
void send(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
          OnResponse done);

}  // namespace callgate::net
