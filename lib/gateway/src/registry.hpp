// SPDX-License-Identifier: Apache-2.0
#pragma once
// Knows the configuration that is in force and the sources of its keys, and tells the workers what to judge
// with whenever either changes. Providers that name the same place share one source. Any thread, unless said
// otherwise.

#include <callgate/admin/commands.hpp>
#include <callgate/config/settings.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

#include "counters.hpp"
#include "judging.hpp"
#include "log.hpp"

namespace callgate::gateway {

class Registry {
 public:
  using OnJudging = std::function<void(std::shared_ptr<const Judging>)>;

  // `on_judging` must not call back.
  Registry(Log& log, Slots& slots, OnJudging on_judging);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Main thread. Puts settings in force: sources that are still named live on, new ones get `patience` for
  // their first keys. All or nothing: after an error the old settings stay.
  base::Result<void> use(std::shared_ptr<const config::ServeSettings> settings,
                         std::chrono::milliseconds patience);

  // Main thread: reads pinned key files again.
  void reload_pinned_keys();
  // Main thread, now and then.
  void judge_clocks();

  std::shared_ptr<const config::ServeSettings> settings() const;
  std::vector<admin::HealthCheck> health() const;
  std::vector<admin::KeySourceView> views() const;
  std::vector<admin::KeySourceCounts> counts() const;
  std::vector<admin::RefreshOutcome> refresh();

 private:
  using Sources = std::vector<std::shared_ptr<KeySource>>;           // of the providers, in their order
  using Trusts = std::vector<std::shared_ptr<const net::TlsTrust>>;  // of the routes, in their order

  // Each source once.
  Sources distinct_sources() const;
  void publish() const;

  Log& log_;
  Slots& slots_;
  const OnJudging on_judging_;
  mutable std::mutex mutex_;  // guards what follows, and the order in which changes are told
  std::shared_ptr<const config::ServeSettings> settings_;
  Sources sources_;
  Trusts trusts_;
};

}  // namespace callgate::gateway
