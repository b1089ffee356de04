// SPDX-License-Identifier: Apache-2.0
#include "log.hpp"

#include <fmt/format.h>
#include <spdlog/sinks/sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <callgate/base/time_text.hpp>
#include <callgate/json/writer.hpp>

namespace callgate::gateway {
namespace {

std::string_view level_text(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
  }
  return "";
}

spdlog::level::level_enum spdlog_level(std::string_view text) {
  if (text == "debug") return spdlog::level::debug;
  if (text == "warning") return spdlog::level::warn;
  if (text == "error") return spdlog::level::err;
  return spdlog::level::info;
}

// A bare word when it is one, else a JSON string: either way one field of one line.
std::string field(std::string_view text) {
  std::string seen = shown(text);
  const bool bare = !seen.empty() && std::all_of(seen.begin(), seen.end(), [](char c) {
    return c > 0x20 && c < 0x7F && c != '"' && c != '=' && c != '\\';
  });
  return bare ? seen : json::quote(seen);
}

std::string types_text(const std::vector<std::string>& types) {
  std::string out;
  for (std::size_t i = 0; i < std::min(types.size(), kEventTypesMax); ++i)
    out += (i == 0 ? "" : ",") + shown(types[i]);
  if (types.size() > kEventTypesMax) out += fmt::format(",+{}", types.size() - kEventTypesMax);
  return out;
}

Level level_of(const VerdictRecord& record) {
  return record.decision == gate::Decision::retry_later ? Level::warning : Level::info;
}

// Lines come as they shall stand there.
class QueueSink final : public spdlog::sinks::sink {
 public:
  explicit QueueSink(std::shared_ptr<LineQueue> lines) : lines_(std::move(lines)) {}
  void log(const spdlog::details::log_msg& message) override {
    lines_->push({message.payload.data(), message.payload.size()});
  }
  void flush() override {}
  void set_pattern(const std::string& /*pattern*/) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> /*formatter*/) override {}

 private:
  const std::shared_ptr<LineQueue> lines_;
};

}  // namespace

std::string text_line(const VerdictRecord& record) {
  std::string line =
      fmt::format("{} {} verdict={} reason={} status={}", base::format_rfc3339(record.received_at),
                  level_text(level_of(record)), gate::to_text(record.decision),
                  record.reason ? refusal::to_text(*record.reason) : "-", record.status);
  if (record.shadow) line += " shadow=passed";
  if (record.repeat) line += " repeat=yes";
  if (!record.route.empty()) line += " route=" + field(record.route);
  if (!record.provider.empty()) line += " provider=" + field(record.provider);
  if (!record.kid.empty()) line += " kid=" + field(record.kid);
  if (!record.event_types.empty()) line += " types=" + json::quote(types_text(record.event_types));
  if (!record.call_id.empty()) line += " call=" + field(record.call_id);
  if (!record.trace_id.empty()) line += " trace=" + record.trace_id;
  return line +
         fmt::format(" ms={:.2f} peer={} request={}", record.milliseconds, record.peer, record.request_id);
}

std::string json_line(const VerdictRecord& record) {
  json::Writer out;
  out.begin_object()
      .member("time", base::format_rfc3339(record.received_at))
      .member("level", level_text(level_of(record)))
      .member("event", "verdict")
      .member("request_id", std::string_view(record.request_id))
      .member("verdict", gate::to_text(record.decision));
  out.name("reason");
  if (record.reason)
    out.string(refusal::to_text(*record.reason));
  else
    out.null();
  out.member("status", record.status)
      .member("shadow", record.shadow)
      .member("repeat", record.repeat)
      .member("route", shown(record.route))
      .member("provider", shown(record.provider))
      .member("kid", shown(record.kid))
      .name("event_types")
      .begin_array();
  for (std::size_t i = 0; i < std::min(record.event_types.size(), kEventTypesMax); ++i)
    out.string(shown(record.event_types[i]));
  out.end_array()
      .member("call_id", shown(record.call_id))
      .member("trace_id", std::string_view(record.trace_id))
      .member("milliseconds", record.milliseconds)
      .member("peer", std::string_view(record.peer))
      .end_object();
  return out.take();
}

Log::Log(const LogSettings& settings)
    : json_(settings.json),
      admitted_(settings.verdicts_per_second_max),
      others_(settings.verdicts_per_second_max),
      lines_(std::make_shared<LineQueue>(STDERR_FILENO)),
      logger_(std::make_shared<spdlog::logger>("callgate", std::make_shared<QueueSink>(lines_))) {
  logger_->set_level(spdlog_level(settings.least_level));
}

Log::~Log() = default;

void Log::use(const LogSettings& settings) {
  json_ = settings.json;
  admitted_.use(settings.verdicts_per_second_max);
  others_.use(settings.verdicts_per_second_max);
  logger_->set_level(spdlog_level(settings.least_level));
}

void Log::verdict(const VerdictRecord& record) {
  const auto level = spdlog_level(level_text(level_of(record)));
  if (!logger_->should_log(level)) return;
  LineBudget& budget = record.decision == gate::Decision::admit ? admitted_ : others_;
  if (!budget.take(base::system_clock().mono())) return;
  logger_->log(level, json_ ? json_line(record) : text_line(record));
}

void Log::message_of_request(Level level, std::string_view text) {
  if (others_.take(base::system_clock().mono())) message(level, text);
}

void Log::tell_left_out() {
  if (const std::uint64_t lost = lines_->lost(); lost != told_lost_) {
    message(Level::warning,
            fmt::format("log: {} lines were lost because nobody read them in time", lost - told_lost_));
    told_lost_ = lost;
  }
  const std::uint64_t admitted = admitted_.left_out(), others = others_.left_out();
  if (admitted == told_admitted_ && others == told_others_) return;
  message(
      Level::warning,
      fmt::format("log: lines left out because there were too many: {} about admitted callbacks, {} about "
                  "others; /metrics counts them all; [log] verdicts_per_second_max allows more",
                  admitted - told_admitted_, others - told_others_));
  told_admitted_ = admitted;
  told_others_ = others;
}

void Log::message(Level level, std::string_view text) {
  const auto now = base::format_rfc3339(base::system_clock().wall());
  const auto spd = spdlog_level(level_text(level));
  if (json_) {
    json::Writer out;
    out.begin_object()
        .member("time", now)
        .member("level", level_text(level))
        .member("event", "message")
        .member("message", text)
        .end_object();
    logger_->log(spd, out.text());
  } else {
    std::string line(text);
    for (char& c : line) {
      if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) c = '?';
    }
    logger_->log(spd, "{} {} {}", now, level_text(level), line);
  }
}

}  // namespace callgate::gateway
