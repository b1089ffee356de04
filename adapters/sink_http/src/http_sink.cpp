// SPDX-License-Identifier: Apache-2.0
#include <callgate/sink_http/http_sink.hpp>

#include "retry_after.hpp"

namespace callgate::sink_http {
namespace {

using delivery::Pushed;
using Kind = net::ClientError::Kind;

constexpr std::size_t kAnswerBytesMax = std::size_t{1} << 20;

Pushed pushed_of(const tl::expected<http::Response, net::ClientError>& answer, base::WallTime now) {
  if (answer) {
    return {.what = Pushed::What::answered,
            .status = answer->status,
            .retry_after = find_retry_after(answer->headers, now)};
  }
  if (answer.error().busy) return {.what = Pushed::What::busy};
  switch (answer.error().kind) {
    case Kind::unreachable:
      return {.what = answer.error().sent ? Pushed::What::broken : Pushed::What::unreachable};
    case Kind::timeout:
      return {.what = Pushed::What::timeout};
    case Kind::broken_answer:
      return {.what = Pushed::What::broken};
  }
  return {.what = Pushed::What::broken};
}

}  // namespace

HttpSink::HttpSink(net::Worker& worker, const base::Clock& clock, std::size_t connections_max)
    : worker_(worker), clock_(clock), pool_(worker, {.connections_per_upstream_max = connections_max}) {}

HttpSink::~HttpSink() = default;

void HttpSink::use(std::map<std::string, Upstream> upstreams) {
  upstreams_ = std::move(upstreams);
}

void HttpSink::push(const std::string& route, http::Request request, OnPushed done) {
  const auto found = upstreams_.find(route);
  if (found == upstreams_.end()) {
    return worker_.post([done = std::move(done)] { done({.what = Pushed::What::unreachable}); });
  }
  const Upstream& upstream = found->second;
  const net::ClientLimits limits{.connect_timeout = upstream.connect_timeout,
                                 .total_timeout = upstream.total_timeout,
                                 .body_bytes_max = kAnswerBytesMax};
  pool_.send(upstream.url, std::move(request), limits, upstream.trust,
             [&clock = clock_,
              done = std::move(done)](const tl::expected<http::Response, net::ClientError>& answer) {
               done(pushed_of(answer, clock.wall()));
             });
}

}  // namespace callgate::sink_http
