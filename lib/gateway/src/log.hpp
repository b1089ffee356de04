// SPDX-License-Identifier: Apache-2.0
#pragma once
// The gateway's log: lines on standard error, as text or JSON. Any thread. One line per verdict; no token
// text, no query string, no body; whatever a stranger wrote is cut to length and its control characters are
// escaped.

#include <atomic>
#include <callgate/base/clock.hpp>
#include <callgate/gate/column.hpp>
#include <callgate/json/writer.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace spdlog {
class logger;
}

namespace callgate::gateway {

enum class Level { debug, info, warning, error };

// What became of one request.
struct VerdictRecord {
  base::WallTime received_at{};
  std::string request_id;
  std::string provider;  // empty before a route was found
  std::string peer;
  gate::Decision decision = gate::Decision::admit;
  std::optional<refusal::Reason> reason;
  int status = 0;
  std::string kid;  // a stranger's word unless admitted
  std::vector<std::string> event_types;
  std::string call_id;
  double milliseconds = 0;
};

std::string text_line(const VerdictRecord& record);
std::string json_line(const VerdictRecord& record);

class Log {
 public:
  Log(bool json, std::string_view least_level);
  ~Log();
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // From now on; any thread.
  void use(bool json, std::string_view least_level);

  void verdict(const VerdictRecord& record);
  void message(Level level, std::string_view text);

 private:
  std::atomic<bool> json_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace callgate::gateway
