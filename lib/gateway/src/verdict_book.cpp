// SPDX-License-Identifier: Apache-2.0
#include "verdict_book.hpp"

#include <algorithm>

namespace callgate::gateway {
namespace {

// What is kept of a stranger's words is bounded here, whatever they sent, and holds no phone number.
admin::Verdict kept(const VerdictRecord& record) {
  admin::Verdict verdict;
  verdict.request_id = record.request_id;
  verdict.received_at = record.received_at;
  verdict.provider = record.provider;
  verdict.route = events::mask_phone_numbers(record.route);
  verdict.verdict = gate::to_text(record.decision);
  if (record.reason) verdict.reason = refusal::to_text(*record.reason);
  verdict.status = record.status;
  verdict.shadow = record.shadow;
  verdict.repeat = record.repeat;
  verdict.kid = shown(record.kid);
  for (std::size_t i = 0; i < std::min(record.event_types.size(), kEventTypesMax); ++i)
    verdict.event_types.push_back(shown(record.event_types[i]));
  verdict.call_id = shown(record.call_id);
  verdict.trace_id = record.trace_id;
  verdict.peer = record.peer;
  verdict.milliseconds = record.milliseconds;
  return verdict;
}

}  // namespace

VerdictBook::VerdictBook(std::size_t most) : most_(most) {}

void VerdictBook::use(std::size_t most) {
  const std::lock_guard lock(mutex_);
  if (most == most_) return;
  most_ = most;
  ring_ = {};
  forgotten_ = newest_;
}

void VerdictBook::add(const VerdictRecord& record) {
  admin::Verdict verdict = kept(record);
  const std::lock_guard lock(mutex_);
  verdict.sequence = ++newest_;
  if (most_ == 0) {
    forgotten_ = newest_;
    return;
  }
  const std::size_t place = (newest_ - forgotten_ - 1) % most_;
  if (place == ring_.size())
    ring_.push_back(std::move(verdict));
  else
    ring_[place] = std::move(verdict);
}

std::uint64_t VerdictBook::oldest() const {
  return newest_ - forgotten_ > most_ ? newest_ - most_ + 1 : forgotten_ + 1;
}

const admin::Verdict& VerdictBook::at(std::uint64_t sequence) const {
  return ring_[(sequence - forgotten_ - 1) % most_];
}

std::vector<admin::Verdict> VerdictBook::latest(std::size_t most) const {
  const std::lock_guard lock(mutex_);
  std::vector<admin::Verdict> out;
  for (std::uint64_t s = newest_; s >= oldest() && out.size() < most; --s) out.push_back(at(s));
  return out;
}

std::vector<admin::Verdict> VerdictBook::after(std::uint64_t sequence, std::size_t most) const {
  const std::lock_guard lock(mutex_);
  std::vector<admin::Verdict> out;
  for (std::uint64_t s = std::max(sequence + 1, oldest()); s <= newest_ && out.size() < most; ++s)
    out.push_back(at(s));
  return out;
}

std::uint64_t VerdictBook::newest() const {
  const std::lock_guard lock(mutex_);
  return newest_;
}

}  // namespace callgate::gateway
