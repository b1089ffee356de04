// SPDX-License-Identifier: Apache-2.0
#pragma once
// What callbacks are judged with: the settings and the keys that serve now. Immutable and shared: each worker
// holds the newest, and a callback keeps the one it began with.

#include <callgate/config/settings.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/net/tls.hpp>
#include <memory>
#include <string_view>
#include <vector>

#include "key_source.hpp"

namespace callgate::gateway {

struct Judging {
  // One provider of a route.
  struct Caller {
    std::string name;
    std::size_t slot = 0;  // in the counters
    std::shared_ptr<KeySource> source;
  };
  struct Route {
    const config::RouteSettings* settings = nullptr;
    std::size_t slot = 0;                        // in the counters
    std::shared_ptr<const net::TlsTrust> trust;  // towards an https upstream
    std::vector<Caller> callers;
    bool takes_handshakes = false;      // some sender of it may be Event Grid
    std::vector<gate::Sender> senders;  // the same order; what they point to is held by this Judging
  };

  // The route of a path, as sent: the one with the longest path that is it or above it; null if there is
  // none. Letters and digits that are percent-encoded without need count as what they stand for, and dot
  // segments, doubled and encoded separators have no route: else an application behind us could read another
  // path. What is below /callgate is ours and never a route's.
  const Route* find_route(std::string_view path) const;

  // The route on whose terms other proxies ask at this very path; null if there is none.
  const Route* find_authorize(std::string_view path) const;

  std::shared_ptr<const config::ServeSettings> settings;
  std::vector<oidc::Keys> keys;              // of the providers, in their order
  std::vector<std::string> key_set_digests;  // of those, by their thumbprints; empty: none
  std::vector<Route> routes;                 // the longest path first
};

}  // namespace callgate::gateway
