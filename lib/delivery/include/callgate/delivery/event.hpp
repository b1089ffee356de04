// SPDX-License-Identifier: Apache-2.0
#pragma once
// An admitted event on its way to an application: what was proven when it came in is frozen with it and never
// judged again. Values only; any thread.

#include <callgate/base/clock.hpp>
#include <callgate/http/headers.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::delivery {

// What was proven of the request that brought the event. All empty but `judged_at`: a secret in the query was
// the only proof.
struct Verdict {
  std::string provider;
  std::string key_id;
  std::string key_set;  // digest of the key set it was judged with
  std::string issuer;
  std::string audience;
  std::string subject;  // empty: the token named none
  std::string claims;   // the token's payload, JSON; without header and signature it is no token
  base::WallTime judged_at{};
};

// What the application gets of the request, whichever event of it is handed over.
struct Passage {
  std::string route;  // path of the route, as configured
  std::string request_id;
  std::string method;
  std::string target;               // path and query, as received
  std::vector<http::Field> fields;  // Content-Type, ce-*, aeg-*, traceparent, tracestate: as received
  base::WallTime received_at{};
};

struct NewEvent {
  std::string key;  // event_key(route, call, id): its name in the inbox, and the webhook-id of each hand-over
  std::string call;  // what its order depends on: call_of()
  std::string id;
  std::string type;
  std::string
      body;  // of a lone event the request's body byte for byte; else an array that holds its own bytes
};

// All events of one request.
struct Accepted {
  Passage passage;
  Verdict verdict;
  std::vector<NewEvent> events;  // never empty
};

enum class State : std::uint8_t {
  queued,     // to be pushed or taken
  delivered,  // the application took it
  taken,      // a consumer took and acknowledged it
  dead,       // given up; kept until it is delivered again or forgotten
};
std::string_view to_text(State state);
std::optional<State> find_state(std::string_view text);

// An event as the store has it.
struct Stored {
  std::int64_t number = 0;  // order of receipt
  Passage passage;
  Verdict verdict;
  NewEvent event;
  State state = State::queued;
  int attempts = 0;  // hand-overs tried so far that failed, or leases that ran out
  std::optional<base::WallTime> first_tried_at;
  std::optional<base::WallTime> ended_at;  // delivered, taken or dead since
  std::string note;                        // how the last try ended: "503", "timeout", "unreachable" ...
  // list and show alone: a consumer has it until then; nothing: nobody has.
  std::optional<base::WallTime> lent_until;
};

}  // namespace callgate::delivery
