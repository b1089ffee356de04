// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the random schedules know of events, routes and applications, beside the dispatcher.

#include <algorithm>
#include <callgate/base/clock.hpp>
#include <callgate/delivery/schedule.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace callgate::delivery::model {

inline constexpr std::size_t kOpenAfter = 3;  // failures

// What the application does with one event, whenever it is well.
enum class Nature { takes, refuses, is_gone };

// One event as the model sees it; its number in the model is its body.
struct Event {
  std::string key;
  std::size_t lane;
  Nature nature = Nature::takes;
  bool is_acknowledged = false;  // add() said so
  bool was_handed_over = false;
  bool is_old = false;      // it was queued again by a person
  int taken = 0;            // by the application
  bool may_repeat = false;  // a reason for a further delivery is known
  int asked_again = 0;      // by a person, and not yet told how it went
  // The last try that failed, unless something happened since that makes the pause void.
  int failed = 0;
  std::optional<base::MonoTime> failed_at{};
  std::chrono::seconds asked_for{0};
};

struct Flight {
  std::size_t event;
  std::size_t application;
  bool is_probe;
};

// What one or two routes push to.
struct Application {
  enum class Mood { well, failing, refusing_connections, hanging, resetting, throttling };
  Mood mood = Mood::well;
  std::vector<std::size_t> ill;  // different events in a row
  bool is_open = false;          // what the breaker must think
  base::MonoTime probe_after{};
  std::size_t probes = 0;  // under way, of all its routes

  // Nothing is held against it.
  void clear() {
    ill.clear();
    is_open = false;
  }

  // The breaker's rule, told once more in other words.
  void note_end(const Flight& flight, Health health, base::MonoTime now) {
    if (flight.is_probe) --probes;
    if (health == Health::unknown) return;
    if (health == Health::well) return clear();
    const bool is_known = std::find(ill.begin(), ill.end(), flight.event) != ill.end();
    if (!is_known) ill.push_back(flight.event);
    if (ill.size() < kOpenAfter) return;
    if (!is_open || flight.is_probe) probe_after = now + std::chrono::seconds{1};
    is_open = true;
  }
};

struct Route {
  std::size_t application = 0;
  bool is_in_use = true;
};

}  // namespace callgate::delivery::model
