// SPDX-License-Identifier: Apache-2.0
#include <boost/asio/post.hpp>
#include <callgate/net/client.hpp>
#include <memory>

#include "client_link.hpp"

namespace callgate::net {

void send(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
          std::shared_ptr<const TlsTrust> trust, OnResponse done) {
  auto& io = worker.loop().io;
  if (auto fault = find_fault(where, request.head, trust.get())) {
    // Posted, so that `done` is never called from within send().
    return asio::post(io, [fault = std::move(*fault), done = std::move(done)]() mutable {
      done(tl::unexpected(std::move(fault)));
    });
  }
  auto destination = std::make_shared<const Destination>(make_destination(where, std::move(trust)));
  auto link = std::make_shared<ClientLink>(worker, std::move(destination), nullptr,
                                           std::chrono::milliseconds::zero());
  asio::post(
      io, [link = std::move(link), call = make_call(std::move(request), limits, std::move(done))]() mutable {
        link->open(std::move(call));
      });
}

void send(Worker& worker, const http::Url& where, http::Request request, const ClientLimits& limits,
          OnResponse done) {
  send(worker, where, std::move(request), limits, nullptr, std::move(done));
}

}  // namespace callgate::net
