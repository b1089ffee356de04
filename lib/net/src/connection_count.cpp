// SPDX-License-Identifier: Apache-2.0
#include "connection_count.hpp"

#include <utility>

namespace callgate::net {
namespace {

// Of one source at a time. A refusal lingers for a moment, and must not let its source take all places.
constexpr std::size_t kRefusalsMax = 16;

// An IPv6 host has a network of 64 bits to itself, so that network is one source.
std::string name_of(const http::Address& source) {
  constexpr std::size_t kNetworkBytes = 8;
  return std::string(source.bytes().substr(0, source.is_v4() ? source.bytes().size() : kNetworkBytes));
}

}  // namespace

ConnectionCount::Place::~Place() {
  if (count_ == nullptr) return;
  const std::lock_guard lock(count_->mutex_);
  --count_->open_;
  if (const auto found = count_->sources_.find(source_); found != count_->sources_.end()) {
    auto& [open, refused] = found->second;
    --(refused_ ? refused : open);
    if (open + refused == 0) count_->sources_.erase(found);
  }
  for (const auto& [who, wake] : std::exchange(count_->waiting_, {})) wake();
}

ConnectionCount::Admission ConnectionCount::Place::name_source(const http::Address& source,
                                                               std::size_t source_max) {
  std::string name = name_of(source);
  const std::lock_guard lock(count_->mutex_);
  const auto found = count_->sources_.find(name);
  const Source now = found == count_->sources_.end() ? Source{} : found->second;
  refused_ = now.open >= source_max;
  if (refused_ && now.refused >= kRefusalsMax) return Admission::dropped;
  auto& [open, refused] = count_->sources_[name];
  ++(refused_ ? refused : open);
  source_ = std::move(name);
  return refused_ ? Admission::refused : Admission::admitted;
}

std::optional<ConnectionCount::Place> ConnectionCount::take(std::size_t max) {
  const std::lock_guard lock(mutex_);
  if (open_ >= max) return std::nullopt;
  ++open_;
  return Place(shared_from_this());
}

bool ConnectionCount::wait_if_full(const void* who, std::size_t max, std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (open_ < max) return false;
  waiting_[who] = std::move(wake);
  return true;
}

void ConnectionCount::stop_waiting(const void* who) {
  const std::lock_guard lock(mutex_);
  waiting_.erase(who);
}

std::size_t ConnectionCount::open() const {
  const std::lock_guard lock(mutex_);
  return open_;
}

std::size_t ConnectionCount::sources() const {
  const std::lock_guard lock(mutex_);
  return sources_.size();
}

std::shared_ptr<ConnectionCount> make_connection_count() {
  return std::make_shared<ConnectionCount>();
}

std::size_t open_connections(const ConnectionCount& count) {
  return count.open();
}

}  // namespace callgate::net
