// SPDX-License-Identifier: Apache-2.0
#pragma once
// The port to whatever remembers uses of tokens: the memory of this process (memory_ledger.hpp) or a store
// that several gateways share. Made so that a store may answer later.
//
// Any thread may call. Each callback is called exactly once: on the caller's thread before the call returns,
// or later on a thread of the store's or of another caller's choosing; so it posts to where its owner lives.
// No lock is held meanwhile: it may call the store again. It must not throw. Once the store is destroyed
// nothing is called any more.

#include <callgate/replay/guard.hpp>
#include <functional>

namespace callgate::replay {

class ReplayStore {
 public:
  using OnClaimed = std::function<void(Outcome)>;
  // True: the ticket counted. False: it was overtaken, its use is forgotten, or the store does not answer.
  using OnDone = std::function<void(bool counted)>;
  using OnAwaited = std::function<void(Awaited)>;

  ReplayStore() = default;
  ReplayStore(const ReplayStore&) = delete;
  ReplayStore& operator=(const ReplayStore&) = delete;
  virtual ~ReplayStore() = default;

  // A store that cannot tell whether the use is new says so (replay_store_unavailable): never First.
  virtual void claim(const Use& use, Moment now, OnClaimed on_claimed) = 0;
  // The use was answered with `status` (100 to 599): its retries get the same. `on_done` may be empty.
  virtual void settle(const Ticket& ticket, int status, OnDone on_done) = 0;
  // The use failed: it is as if it had not been. `on_done` may be empty.
  virtual void give_back(const Ticket& ticket, OnDone on_done) = 0;
  // For who met Pending here. A wait cannot be taken back: whoever has lost patience ignores its end.
  virtual void await(const TokenKey& token, const BodyMark& body, OnAwaited on_awaited) = 0;
};

}  // namespace callgate::replay
