// SPDX-License-Identifier: Apache-2.0
#pragma once
// What happens in an emulated call, as data: one row for each event, in the envelope that recordings of the
// service show, member for member. Pure but for random identifiers; any thread; the time is a parameter.

#include <callgate/base/clock.hpp>
#include <span>
#include <string>
#include <string_view>

namespace callgate::emulator {

// Texts of JSON members without the braces, comma between them; $caller and $bot stand for participants.
struct Step {
  std::string_view type;                    // without "Microsoft.Communication."
  std::string_view leading = {};            // what recordings show before operationContext
  std::string_view operation_context = {};  // empty: the member is left out
  std::string_view trailing = {};           // behind it
  std::string_view result = {};             // the value of resultInformation
};

struct Scenario {
  std::string_view name;
  std::span<const Step> steps;
};

const Scenario* find_scenario(std::string_view name);
inline constexpr std::string_view kDefaultScenario = "inbound-ivr";
std::string known_scenarios();  // "inbound-ivr, failed-call"

// The identifiers that all events of one call share.
struct Call {
  std::string connection_id;
  std::string server_call_id;  // base64 of a URL: opaque to receivers
  std::string correlation_id;
  std::string caller;  // a number of the range kept for fiction
  std::string bot;     // a communication user of the resource
};

// `ordinal` picks the caller's number.
Call make_call(std::size_t ordinal, std::string_view audience);

struct Event {
  std::string id;
  std::string type;  // in full
  std::string json;  // one CloudEvent
};

Event make_event(const Call& call, const Step& step, base::WallTime time);

}  // namespace callgate::emulator
