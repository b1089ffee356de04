// SPDX-License-Identifier: Apache-2.0
#include "counters.hpp"

#include <algorithm>
#include <callgate/gate/column.hpp>

namespace callgate::gateway {

std::size_t SlotNames::slot_of(const std::string& name) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find(names_.begin(), names_.end(), name);
  if (found != names_.end()) return static_cast<std::size_t>(found - names_.begin());
  if (names_.size() == kSlotsMax) return kSlotsMax - 1;
  names_.push_back(names_.size() == kSlotsMax - 1 ? "others" : name);
  return names_.size() - 1;
}

std::vector<std::string> SlotNames::names() const {
  const std::lock_guard lock(mutex_);
  return names_;
}

void Counters::add_to(Requests& requests, admin::Metrics& metrics) const {
  for (std::size_t slot = 0; slot < kSlotsMax; ++slot) {
    for (std::size_t row = 0; row < requests[slot].size(); ++row)
      requests[slot][row] += requests_[slot][row].load(std::memory_order_relaxed);
  }
  metrics.uses.resize(replay::kResultCount);
  for (std::size_t i = 0; i < replay::kResultCount; ++i) {
    metrics.uses[i].first = replay::to_text(static_cast<replay::Result>(i));
    metrics.uses[i].second += uses_[i].load(std::memory_order_relaxed);
  }
  request_.add_to(metrics.request_seconds);
  verify_.add_to(metrics.verify_seconds);
}

void Counters::add_to(Shadow& shadow) const {
  for (std::size_t slot = 0; slot < kSlotsMax; ++slot) {
    for (std::size_t row = 0; row < shadow[slot].size(); ++row)
      shadow[slot][row] += shadow_[slot][row].load(std::memory_order_relaxed);
  }
}

std::vector<admin::ShadowCount> rows_of(const Counters::Shadow& shadow,
                                        const std::vector<std::string>& routes) {
  std::vector<admin::ShadowCount> rows;
  for (std::size_t slot = 0; slot < routes.size(); ++slot) {
    for (const refusal::Reason reason : refusal::all_reasons()) {
      const std::uint64_t count = shadow[slot][static_cast<std::size_t>(reason)];
      if (count > 0) rows.push_back({routes[slot], std::string(refusal::to_text(reason)), count});
    }
  }
  return rows;
}

std::vector<admin::RequestCount> rows_of(const Counters::Requests& requests,
                                         const std::vector<std::string>& names) {
  std::vector<admin::RequestCount> rows;
  for (std::size_t slot = 0; slot < names.size(); ++slot) {
    const auto& counts = requests[slot];
    for (std::size_t row = 0; row < counts.size(); ++row) {
      if (counts[row] == 0) continue;
      const bool admitted = row == 0;
      const auto reason = admitted ? refusal::Reason{} : refusal::all_reasons()[row - 1];
      rows.push_back({.provider = names[slot],
                      .verdict = std::string(
                          gate::to_text(admitted ? gate::Decision::admit : gate::decision_of(reason))),
                      .reason = admitted ? "-" : std::string(refusal::to_text(reason)),
                      .count = counts[row]});
    }
  }
  return rows;
}

}  // namespace callgate::gateway
