// SPDX-License-Identifier: Apache-2.0
#pragma once
// One call as the sequence of POSTs that will be sent for it, with the fault worked in. Any thread.

#include <callgate/base/clock.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fault.hpp"
#include "scenario.hpp"

namespace callgate::emulator {

struct Post {
  std::vector<std::size_t> events;          // positions in CallPlan::events
  std::optional<Fault> token;               // the token's fault; nothing: no token at all
  bool repeats_token = false;               // the very token of the POST before
  std::optional<refusal::Reason> expected;  // what a gateway must say to it; nothing: it admits
};

struct CallPlan {
  Call call;
  std::vector<Event> events;  // in the order they happened, 1 ms apart from `start` on; forged ones behind
  std::vector<Post> posts;    // in the order to send

  std::string body_of(const Post& post) const;  // a JSON array
};

CallPlan plan_call(const Scenario& scenario, Fault fault, std::size_t ordinal, std::string_view audience,
                   base::WallTime start);

}  // namespace callgate::emulator
