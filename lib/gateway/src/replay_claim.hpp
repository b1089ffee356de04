// SPDX-License-Identifier: Apache-2.0
#pragma once
// Claims one use of a token for a callback on a worker's thread, and waits for its twin where that is in work
// here.

#include <callgate/base/clock.hpp>
#include <callgate/net/worker.hpp>
#include <callgate/replay/store.hpp>
#include <functional>

#include "counters.hpp"

namespace callgate::gateway {

// Asks `store` about `use` until it is clear what to do, and calls `done` once, on the worker's thread,
// perhaps before the call returns: First (deliver, then settle or give back), Repeat (answer), Pending (in
// work in another process: come again), or a refusal. Each thing that the store
// says is counted. All but `use` must outlive the wait.
void claim_use(replay::ReplayStore& store, Counters& counters, const base::Clock& clock, net::Worker& worker,
               const replay::Use& use, std::function<void(replay::Outcome)> done);

}  // namespace callgate::gateway
