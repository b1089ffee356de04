// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of the requests: counted by each thread, added up, printed as JSON.

#include <chrono>
#include <map>
#include <string>
#include <vector>

#include "histogram.hpp"
#include "transport.hpp"

namespace callgate::load {

// Requests with one kind of token.
struct KindOutcome {
  std::uint64_t begun = 0;
  std::map<int, Histogram> answered;  // by status: from the intended start to the whole answer
  std::map<Failure, std::uint64_t> failed;
  std::uint64_t without_retry_after = 0;  // of the answers 503
};

// By the second in which a request was to start.
struct Second {
  std::uint64_t begun = 0, good_admitted = 0, unavailable = 0, failed = 0;
  Histogram admitted;
};

// One event, where each callback carries its own. Times are those of the steady clock.
struct Sent {
  std::string id, call;
  std::chrono::steady_clock::time_point begun, answered;
  int status = 0;  // 0: no answer came
};

struct Outcome {
  KindOutcome good, bad;
  std::vector<Second> seconds;
  std::vector<Sent> sent;
  std::uint64_t connections_opened = 0;
  Histogram establishing;  // TCP and TLS
  void add(const Outcome& other);
};

// One line each: id, call, begun, answered, status. False: it could not be written.
bool write_ledger(const std::string& file, const std::vector<Sent>& sent);

struct SendOptions;
std::string to_json(const SendOptions& options, const Outcome& outcome, double seconds_taken);

}  // namespace callgate::load
