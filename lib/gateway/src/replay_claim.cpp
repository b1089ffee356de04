// SPDX-License-Identifier: Apache-2.0
#include "replay_claim.hpp"

#include <memory>
#include <utility>

namespace callgate::gateway {
namespace {

using replay::Awaited;
using replay::Outcome;

class Claim : public std::enable_shared_from_this<Claim> {
 public:
  Claim(replay::ReplayStore& store, Counters& counters, const base::Clock& clock, net::Worker& worker,
        const replay::Use& use, std::function<void(Outcome)> done)
      : store_(store),
        counters_(counters),
        clock_(clock),
        worker_(worker),
        use_(use),
        done_(std::move(done)) {}

  void ask() {
    ++tries_;
    store_.claim(use_, {clock_.wall(), clock_.mono()}, [self = shared_from_this()](Outcome outcome) {
      self->worker_.dispatch(
          [self, outcome = std::move(outcome)]() mutable { self->take(std::move(outcome)); });
    });
  }

 private:
  void take(Outcome outcome) {
    counters_.count_use(replay::result_of(outcome));
    const auto* pending = std::get_if<replay::Pending>(&outcome);
    if (pending == nullptr || !pending->here) return std::exchange(done_, nullptr)(std::move(outcome));
    wait(pending->lease_left);
  }

  // Its end or the end of its lease, whichever comes first; what comes second finds another try under way.
  void wait(std::chrono::milliseconds lease_left) {
    const unsigned wait = tries_;
    patience_ = worker_.after(lease_left, [weak = weak_from_this(), wait] {
      const auto self = weak.lock();  // kept by the store as long as it waits
      if (self && self->is_in(wait)) self->ask();
    });
    store_.await(use_.token, use_.body, [self = shared_from_this(), wait](Awaited awaited) {
      self->worker_.dispatch([self, wait, awaited] {
        if (self->is_in(wait)) self->hear(awaited);
      });
    });
  }

  bool is_in(unsigned wait) const { return done_ && tries_ == wait; }

  void hear(Awaited awaited) {
    patience_.reset();
    if (awaited.what == Awaited::What::open) return ask();
    const auto done = std::exchange(done_, nullptr);
    if (awaited.what == Awaited::What::settled) return done(replay::Repeat{awaited.status});
    done(replay::Pending{.here = false, .lease_left = {}});
  }

  replay::ReplayStore& store_;
  Counters& counters_;
  const base::Clock& clock_;
  net::Worker& worker_;
  const replay::Use use_;
  std::function<void(Outcome)> done_;  // null once called
  unsigned tries_ = 0;
  std::shared_ptr<void> patience_;
};

}  // namespace

void claim_use(replay::ReplayStore& store, Counters& counters, const base::Clock& clock, net::Worker& worker,
               const replay::Use& use, std::function<void(Outcome)> done) {
  std::make_shared<Claim>(store, counters, clock, worker, use, std::move(done))->ask();
}

}  // namespace callgate::gateway
