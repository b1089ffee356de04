// SPDX-License-Identifier: Apache-2.0
#pragma once
// Requests and responses as values. Nothing here reads a socket; net fills and sends them.

#include <callgate/http/headers.hpp>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace callgate::http {

// Bounds on everything a peer can send. net enforces them; a test goes one step past each.
struct Limits {
  std::size_t head_bytes_max = std::size_t{32} * 1024;    // request line and header fields; beyond: 431
  std::size_t header_count_max = 100;                     // header fields; beyond: 431
  std::size_t target_bytes_max = std::size_t{8} * 1024;   // request target; beyond: 414
  std::size_t body_bytes_max = std::size_t{1024} * 1024;  // body, decoded from chunks; beyond: 413
  std::chrono::milliseconds head_timeout{10'000};   // first byte of a request to the end of its head; 408
  std::chrono::milliseconds body_timeout{30'000};   // the whole body; 408
  std::chrono::milliseconds idle_timeout{60'000};   // nothing at all on a kept connection; closed in silence
  std::chrono::milliseconds write_timeout{30'000};  // the whole answer; closed
  std::chrono::milliseconds handshake_timeout{10'000};  // PROXY header and TLS handshake; closed
  std::size_t connections_max = 4096;  // open at once, all workers together; beyond: left in the queue
  std::size_t connections_per_source_max =
      512;  // of one peer address (IPv6: its /64), trusted proxies aside; beyond: 503
  std::size_t requests_in_flight_max = 1024;      // in work at once, each worker; beyond: 503
  std::chrono::milliseconds overload_after{100};  // some have waited for their turn all this time: 503 for
                                                  // those that would wait long; 0: never
};

struct RequestHead {
  std::string method;
  std::string target;              // as received; origin form ("/a?b") or absolute form
  std::uint8_t version_minor = 1;  // HTTP/1.x
  Headers headers;

  // The target from its path on: in absolute form what stands behind the authority (RFC 9112 section 3.2.2).
  std::string_view origin_form() const;
  // The target without scheme, authority and query.
  std::string_view path() const;
  // Behind the '?', without it; empty if there is none.
  std::string_view query() const;
};

struct Request {
  RequestHead head;
  std::string body;
};

struct Response {
  int status = 200;
  Headers headers;
  std::string body;
};

// The standard phrase ("Not Found"), empty for numbers that have none.
std::string_view status_phrase(int status);

}  // namespace callgate::http
