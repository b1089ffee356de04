// SPDX-License-Identifier: Apache-2.0
#include "inbox.hpp"

#include <algorithm>
#include <utility>

namespace callgate::gateway {
namespace {

sink_http::Upstream upstream_of(const Judging::Route& route) {
  sink_http::Upstream upstream;
  upstream.url = *route.settings->upstream;
  upstream.trust = route.trust;
  upstream.total_timeout = route.settings->upstream_timeout;
  return upstream;
}

delivery::PushRoute push_route_of(const config::RouteSettings& route) {
  delivery::PushRoute push;
  push.path = route.path;
  push.application = route.upstream->origin();
  push.secrets = route.hand_over_secrets;
  push.parallel_max = route.push_parallel_max;
  return push;
}

}  // namespace

Inbox::Inbox(std::unique_ptr<delivery::Store> store, const base::Clock& clock, Log& log)
    : lane_(clock, log), store_(std::move(store)) {
  lane_.start(*store_);
}

Inbox::~Inbox() {
  lane_.stop();
}

void Inbox::use(const std::shared_ptr<const Judging>& judging) {
  std::vector<delivery::PushRoute> routes;
  std::map<std::string, sink_http::Upstream> upstreams;
  std::vector<std::string> paths;
  const std::lock_guard lock(mutex_);
  if (settings_ == judging->settings) return;  // new keys change nothing here
  settings_ = judging->settings;
  for (const Judging::Route& route : judging->routes) {
    if (route.settings->deliver != config::Deliver::inbox || !route.settings->upstream) continue;
    routes.push_back(push_route_of(*route.settings));
    upstreams.emplace(route.settings->path, upstream_of(route));
    paths.push_back(route.settings->path);
  }
  pushed_ = std::move(paths);
  lane_.use(std::move(routes), std::move(upstreams));
}

void Inbox::add(delivery::Accepted accepted, delivery::Store::Done<delivery::Added> done) {
  std::string route = accepted.passage.route;
  store_->add(std::move(accepted),
              [this, route = std::move(route), done = std::move(done)](base::Result<delivery::Added> added) {
                if (added)
                  lane_.on_added(route);  // also where it was known: it may have been told as an error before
                done(std::move(added));
              });
}

void Inbox::look_again() {
  const std::lock_guard lock(mutex_);
  for (const std::string& route : pushed_) lane_.on_added(route);
}

bool Inbox::pushes() const {
  const std::lock_guard lock(mutex_);
  return !pushed_.empty();
}

void Inbox::count() {
  store_->stats([this](base::Result<delivery::Stats> stats) {
    const std::lock_guard lock(mutex_);
    if (stats) stats_ = *stats;
  });
}

admin::InboxCounts Inbox::counts() const {
  admin::InboxCounts counts;
  counts.attempts = lane_.tried();
  const std::lock_guard lock(mutex_);
  counts.queued = stats_.queued;
  counts.dead = stats_.dead;
  counts.bytes = stats_.bytes;
  if (stats_.oldest_queued_at) {
    const auto age = base::system_clock().wall() - *stats_.oldest_queued_at;
    counts.oldest_age_seconds = std::max(0.0, std::chrono::duration<double>(age).count());
  }
  return counts;
}

admin::HealthCheck Inbox::health() const {
  const std::string trouble = store_->trouble();
  return {"inbox", trouble.empty(), trouble.empty() ? "takes events" : trouble};
}

}  // namespace callgate::gateway
