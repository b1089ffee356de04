// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the admin port can see and do: gathers it from the registry and the lanes. Admin thread; what concerns
// the inbox any thread.

#include <atomic>
#include <callgate/admin/commands.hpp>
#include <callgate/replay/memory_ledger.hpp>
#include <memory>
#include <vector>

#include "lane.hpp"
#include "registry.hpp"

namespace callgate::gateway {

class Operations final : public admin::Commands {
 public:
  // All of them must live longer, and `lanes` stay as they are.
  Operations(Registry& registry, const std::vector<std::unique_ptr<Lane>>& lanes, const Slots& slots,
             const Log& log, const VerdictBook& verdicts, std::shared_ptr<net::ConnectionCount> connections)
      : registry_(registry),
        lanes_(lanes),
        slots_(slots),
        log_(log),
        verdicts_(verdicts),
        connections_(std::move(connections)) {}

  // Before the first question.
  void set_listen(std::string where) { listen_ = std::move(where); }
  // Before the first question. Must live as long; `inbox` may be null.
  void watch(const replay::MemoryLedger& uses, Inbox* inbox) {
    uses_ = &uses;
    inbox_ = inbox;
  }
  // Any thread: no longer ready.
  void set_draining() { draining_ = true; }

  std::vector<admin::HealthCheck> health() override;
  std::vector<admin::KeySourceView> keys() override { return registry_.views(); }
  std::vector<admin::RefreshOutcome> refresh_keys() override { return registry_.refresh(); }
  admin::Metrics metrics() override;
  admin::Status status() override;
  const admin::VerdictLog& verdicts() override { return verdicts_; }
  delivery::Store* inbox() override { return inbox_ == nullptr ? nullptr : &inbox_->store(); }
  bool pushes_inbox() override { return inbox_ != nullptr && inbox_->pushes(); }
  void inbox_changed() override {
    if (inbox_ != nullptr) inbox_->look_again();
  }

 private:
  std::vector<admin::ShadowCount> passed_in_shadow() const;

  Registry& registry_;
  const std::vector<std::unique_ptr<Lane>>& lanes_;
  const Slots& slots_;
  const Log& log_;
  const VerdictBook& verdicts_;
  const std::shared_ptr<net::ConnectionCount> connections_;
  const base::WallTime started_at_ = base::system_clock().wall();
  const base::MonoTime started_ = base::system_clock().mono();
  std::string listen_;
  const replay::MemoryLedger* uses_ = nullptr;
  Inbox* inbox_ = nullptr;
  std::atomic<bool> draining_{false};
};

}  // namespace callgate::gateway
