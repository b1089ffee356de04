// SPDX-License-Identifier: Apache-2.0
#pragma once
// Circuit breaker of one application. A state machine over monotonic time; one thread at a time, no clock.
//
// Closed, every push may start. After `failures` pushes in a row, of different events, that found the
// application ill it opens: one single push at a time may start, a probe, after a pause that grows from 1 s
// to 30 s with each probe that fails. Whatever finds the application well closes it. One event that always
// fails opens nothing: its own pauses are enough, and other calls are not held up by it. Nor by several: an
// event that was never tried may be the probe after the first pause already, and a few that always fail are
// told from an application that is ill by the next that it takes.
//
// Routes of one application share it. Pushes are told apart by number, so these must differ over all of them:
// those of one store do.

#include <callgate/base/clock.hpp>
#include <callgate/delivery/schedule.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

namespace callgate::delivery {

struct BreakerSettings {
  std::size_t failures = 5;
  std::chrono::milliseconds pause_first{1'000};
  std::chrono::milliseconds pause_last{30'000};
};

class Breaker {
 public:
  explicit Breaker(const BreakerSettings& settings = {}) : settings_(settings) {}

  // Whether a push may start now. `fresh`: its event was never tried. One that does is told to begin().
  bool may_start(base::MonoTime now, bool fresh) const;
  // When it may at the latest, if nothing ends before; nothing: now, or once the probe has ended.
  std::optional<base::MonoTime> next_start(bool fresh) const;
  void begin(std::int64_t number);
  // How a push that was begun went. `chance`: in [0, 1). True: the breaker opened or closed.
  bool end(std::int64_t number, Health health, base::MonoTime now, double chance);

  bool is_open() const { return open_; }

 private:
  void note_ill(std::int64_t number);
  void pause(base::MonoTime now, double chance);

  const BreakerSettings settings_;
  bool open_ = false;
  std::vector<std::int64_t> ill_;      // of different events, since the application was well last
  std::optional<std::int64_t> probe_;  // under way
  int probes_failed_ = 0;
  base::MonoTime next_probe_{};
  base::MonoTime next_fresh_probe_{};
};

}  // namespace callgate::delivery
