// SPDX-License-Identifier: Apache-2.0
#pragma once
// Pushes to applications over HTTP and HTTPS, with connections that are kept (net::ClientPool). All calls and
// callbacks on one worker's thread (or before run()).
//
// Follows no redirect. What an answer's body holds is dropped; one that is longer than the limit counts as
// broken, like an answer that is none. https goes to servers alone for which the route's trust holds.

#include <callgate/base/clock.hpp>
#include <callgate/delivery/sink.hpp>
#include <callgate/http/url.hpp>
#include <callgate/net/client_pool.hpp>
#include <callgate/net/tls.hpp>
#include <callgate/net/worker.hpp>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace callgate::sink_http {

// Where a route's events go.
struct Upstream {
  http::Url url;                                 // its target is not used: a request brings its own
  std::shared_ptr<const net::TlsTrust> trust{};  // for https
  std::chrono::milliseconds connect_timeout{5'000};
  std::chrono::milliseconds total_timeout{15'000};  // from the connection on to the last byte of the answer
};

class HttpSink : public delivery::Sink {
 public:
  // Worker and clock live longer. `connections_max` for each upstream: as many as its routes may push at
  // once, or pushes end as busy.
  HttpSink(net::Worker& worker, const base::Clock& clock, std::size_t connections_max);
  // Pushes that have not ended never do; their callbacks are dropped uncalled.
  ~HttpSink() override;

  // From now on, by route; pushes under way keep what they began with. A push for a route that is not there
  // ends as unreachable.
  void use(std::map<std::string, Upstream> upstreams);

  void push(const std::string& route, http::Request request, OnPushed done) override;

 private:
  net::Worker& worker_;
  const base::Clock& clock_;
  std::map<std::string, Upstream> upstreams_;
  net::ClientPool pool_;
};

}  // namespace callgate::sink_http
