// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of each event that was sent, as JSON and as a table for people. Pure, any thread.

#include <callgate/base/error.hpp>
#include <callgate/http/message.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace callgate::emulator {

struct EventResult {
  std::string call_id;
  std::string event_id;
  std::string type;
  std::string fault;
  std::string expected;  // "admit", or the reason's word
  int status = 0;        // 0: no answer
  std::string reason;    // of the problem document; empty on 2xx; "unreachable", "timeout" or "broken_answer"
  double milliseconds = 0;

  // "admit" wants any 2xx; a reason wants that word, or 401 from a gateway that does not reveal reasons.
  bool as_expected() const;
};

struct Report {
  std::vector<EventResult> events;

  std::size_t as_expected() const;
};

// The member `reason` of a problem document; empty if there is none.
std::string read_reason(const http::Response& answer);

// {"events":[...],"as_expected":N,"not_as_expected":N}
std::string to_json(const Report& report);
base::Result<Report> parse_report(std::string_view text);

// Aligned columns, one line for each event, and "N as expected, M not" as the last line.
std::string to_table(const Report& report);

}  // namespace callgate::emulator
