// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <callgate/config/supervision.hpp>
#include <charconv>
#include <cstdlib>

namespace callgate::config {
namespace {

std::string variable(const char* name) {
  const char* text = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nobody writes the environment
  return text == nullptr ? std::string() : std::string(text);
}

std::optional<long long> number(const std::string& text) {
  long long value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc{} || end != text.data() + text.size() || value <= 0) return std::nullopt;
  return value;
}

}  // namespace

Supervision read_supervision() {
  Supervision out{.notify_socket = variable("NOTIFY_SOCKET"), .watchdog = std::nullopt};
  const auto pid = number(variable("WATCHDOG_PID"));
  if (pid && *pid != getpid()) return out;
  if (const auto span = number(variable("WATCHDOG_USEC"))) out.watchdog = std::chrono::microseconds{*span};
  return out;
}

}  // namespace callgate::config
