// SPDX-License-Identifier: Apache-2.0
#include "client_upstream.hpp"

#include <algorithm>
#include <boost/asio/post.hpp>

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

void take_out(std::vector<std::shared_ptr<ClientLink>>& links, const ClientLink& link) {
  const auto found =
      std::find_if(links.begin(), links.end(), [&](const auto& one) { return one.get() == &link; });
  if (found != links.end()) links.erase(found);
}

}  // namespace

void PoolCore::fail_soon(OnResponse done, ClientError error) {
  asio::post(worker.loop().io,
             [alive = weak_from_this(), done = std::move(done), error = std::move(error)]() mutable {
               if (!alive.expired()) done(tl::unexpected(std::move(error)));
             });
}

ClientUpstream::ClientUpstream(PoolCore& core, Destination destination)
    : core_(core), destination_(std::make_shared<const Destination>(std::move(destination))) {}

ClientUpstream::~ClientUpstream() {
  for (const auto& link : links_) link->cut();
}

bool ClientUpstream::is_to(const http::Url& where, const TlsTrust* trust) const {
  const bool is_tls = where.scheme == "https";
  return where.port == destination_->port && is_tls == destination_->is_tls &&
         where.host == destination_->host && (!is_tls || trust == destination_->trust.get());
}

void ClientUpstream::send(ClientCall call) {
  if (waiting_.empty() && has_room()) return start(std::move(call));
  if (waiting_.size() < core_.limits.waiting_max) return wait(std::move(call));
  core_.fail_soon(std::move(call.done), busy("too many requests wait for a connection"));
}

bool ClientUpstream::has_room() const {
  return !idle_.empty() || links_.size() < core_.limits.connections_per_upstream_max;
}

// There is room: either an idle link, or leave to open one, also in place of one that turns out dead.
void ClientUpstream::start(ClientCall call) {
  while (!idle_.empty()) {
    const LinkPtr link = std::move(idle_.back());
    idle_.pop_back();
    if (!link->is_usable()) {
      link->cut();
      forget(*link);
      continue;
    }
    auto unsent = link->use(std::move(call));
    if (!unsent) return;
    forget(*link);
    return open_link(std::move(*unsent));  // the one second try: a new link is not tried again
  }
  open_link(std::move(call));
}

void ClientUpstream::open_link(ClientCall call) {
  ++core_.opened;
  links_.push_back(std::make_shared<ClientLink>(core_.worker, destination_, this, core_.limits.idle_timeout));
  links_.back()->open(std::move(call));
}

void ClientUpstream::wait(ClientCall call) {
  const auto left = call.give_up - SteadyClock::now();
  const auto place = waiting_.insert(waiting_.end(), {std::move(call), nullptr});
  place->timeout =
      core_.worker.after(std::chrono::ceil<milliseconds>(left), [this, place] { give_up(place); });
}

void ClientUpstream::give_up(std::list<Waiting>::iterator which) {
  const OnResponse done = std::move(which->call.done);
  waiting_.erase(which);
  done(tl::unexpected(busy("no connection was free in time")));  // may destroy the pool
}

void ClientUpstream::serve_waiting() {
  while (!waiting_.empty() && has_room()) {
    ClientCall call = std::move(waiting_.front().call);
    waiting_.pop_front();
    start(std::move(call));
  }
}

void ClientUpstream::on_free(ClientLink& link) {
  idle_.push_back(link.shared_from_this());
  serve_waiting();
}

void ClientUpstream::on_closed(ClientLink& link) {
  forget(link);
  serve_waiting();
}

void ClientUpstream::forget(const ClientLink& link) {
  take_out(idle_, link);
  take_out(links_, link);
}

ClientError ClientUpstream::busy(const char* what) const {
  return {
      .kind = ClientError::Kind::unreachable, .message = destination_->origin + ": " + what, .busy = true};
}

}  // namespace callgate::net
