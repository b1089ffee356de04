// SPDX-License-Identifier: Apache-2.0
#pragma once
// One callback on its way through the intake: the exchange, what it is judged with, what proved it, and what
// will be written in the log. Alive until it is answered, or until the sender has gone. Its worker's thread.

#include <callgate/base/clock.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/net/server.hpp>
#include <callgate/replay/store.hpp>
#include <memory>
#include <optional>
#include <string>
#include <variant>

#include "intake.hpp"

namespace callgate::gateway {

// How long a callback may wait for a key.
inline constexpr std::chrono::milliseconds kKeysPatience{2'000};

struct Intake::Callback {
  explicit Callback(std::shared_ptr<std::size_t> counter) : in_flight(std::move(counter)) { ++*in_flight; }
  Callback(const Callback&) = delete;
  Callback& operator=(const Callback&) = delete;
  ~Callback() { --*in_flight; }

  const std::shared_ptr<std::size_t> in_flight;
  std::shared_ptr<net::Exchange> exchange;
  std::shared_ptr<const Judging> judging;
  const Judging::Route* route = nullptr;
  bool is_question = false;  // another proxy asks, and holds the body itself
  base::MonoTime started;
  VerdictRecord record;
  std::size_t slot = 0;  // in the counters
  std::variant<std::monostate, gate::ProvenToken, gate::ProvenSecret> proof;
  const gate::Provider* provider = nullptr;  // of a proven token
  std::string key_set;                       // it was proven with
  std::optional<std::string> body;
  std::optional<events::Batch> batch;
  std::optional<replay::Ticket> use;          // of the token: what became of it is still to be told
  std::optional<refusal::Reason> passed;      // in shadow mode, although it would have been refused
  std::optional<base::MonoTime> waits_until;  // since it first waited for a key
  std::optional<refusal::Refusal> otherwise;  // if the key it waits for does not come
  std::shared_ptr<void> patience;             // ends the wait for keys

  const http::RequestHead& head() const { return exchange->head(); }
  const gate::ProvenToken* token() const { return std::get_if<gate::ProvenToken>(&proof); }
};

}  // namespace callgate::gateway
