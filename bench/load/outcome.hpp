// SPDX-License-Identifier: Apache-2.0
#pragma once
// What became of the requests: counted by each thread, added up, printed as JSON.

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

struct Outcome {
  KindOutcome good, bad;
  std::vector<Second> seconds;
  std::uint64_t connections_opened = 0;
  Histogram establishing;  // TCP and TLS
  void add(const Outcome& other);
};

struct SendOptions;
std::string to_json(const SendOptions& options, const Outcome& outcome, double seconds_taken);

}  // namespace callgate::load
