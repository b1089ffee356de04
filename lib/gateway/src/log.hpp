// SPDX-License-Identifier: Apache-2.0
#pragma once
// The gateway's log: lines on standard error, as text or JSON. Any thread. One line per verdict, up to a
// number in each second, admitted ones and others apart; what is left out is counted and told, and so is what
// is lost because nobody reads: no call here waits for the reader. No token text, no query string, no body,
// no phone number; whatever a stranger wrote is cut to length and its control characters are escaped.

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "line_budget.hpp"
#include "line_queue.hpp"
#include "verdict_record.hpp"

namespace spdlog {
class logger;
}

namespace callgate::gateway {

enum class Level { debug, info, warning, error };

std::string text_line(const VerdictRecord& record);
std::string json_line(const VerdictRecord& record);

struct LogSettings {
  bool json = false;
  std::string least_level = "info";
  std::size_t verdicts_per_second_max = 1000;
};

class Log {
 public:
  explicit Log(const LogSettings& settings);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // From now on.
  void use(const LogSettings& settings);

  void verdict(const VerdictRecord& record);
  void message(Level level, std::string_view text);
  // About one request; counts as a line about a verdict that is no admit.
  void message_of_request(Level level, std::string_view text);

  // Now and then: says how many lines were left out or lost since it was asked last.
  void tell_left_out();
  std::uint64_t left_out() const { return admitted_.left_out() + others_.left_out() + lines_->lost(); }

 private:
  std::atomic<bool> json_;
  LineBudget admitted_;
  LineBudget others_;
  std::uint64_t told_admitted_ = 0;  // tell_left_out's
  std::uint64_t told_others_ = 0;
  std::uint64_t told_lost_ = 0;
  const std::shared_ptr<LineQueue> lines_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace callgate::gateway
