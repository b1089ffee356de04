// SPDX-License-Identifier: Apache-2.0
#pragma once
// The latest verdicts, for the person on call. The gateway keeps them; the admin room shows them. Nothing in
// here is a token, a query or a body: what a stranger wrote (kid) is cut to length, what the sender wrote is
// the type of an event and the id of a call; phone numbers in them are masked.

#include <callgate/base/clock.hpp>
#include <cstdint>
#include <string>
#include <vector>

namespace callgate::admin {

struct Verdict {
  std::uint64_t sequence = 0;  // rises by one with each, from 1 at the start of the process
  std::string request_id{};
  base::WallTime received_at{};
  std::string provider{};  // empty before one was known
  std::string route{};     // path of the route, as configured; empty if there was none
  std::string verdict{};   // admit, refuse, retry_later
  std::string reason{};    // empty for admit
  int status = 0;          // what was answered
  bool shadow = false;     // passed on although it would have been refused
  bool repeat = false;     // admitted before: answered, but not delivered again
  std::string kid{};
  std::vector<std::string> event_types{};
  std::string call_id{};
  std::string trace_id{};  // of the sender's traceparent
  std::string peer{};
  double milliseconds = 0;
};

// Any thread.
class VerdictLog {
 public:
  VerdictLog() = default;
  VerdictLog(const VerdictLog&) = delete;
  VerdictLog& operator=(const VerdictLog&) = delete;
  virtual ~VerdictLog() = default;

  // The newest first, at most `most`.
  virtual std::vector<Verdict> latest(std::size_t most) const = 0;
  // Those after `sequence` that are still kept, the oldest first, at most `most`.
  virtual std::vector<Verdict> after(std::uint64_t sequence, std::size_t most) const = 0;
  // The sequence of the newest; 0 if there was none.
  virtual std::uint64_t newest() const = 0;
};

// One verdict as a JSON object.
std::string verdict_json(const Verdict& verdict);

// The same as one server-sent event (WHATWG HTML, section 9.2), its sequence as the event's id.
std::string verdict_event(const Verdict& verdict);
// The event that stands for verdicts which a slow reader has missed.
std::string missed_event(std::uint64_t missed);

}  // namespace callgate::admin
