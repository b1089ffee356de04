// SPDX-License-Identifier: Apache-2.0
#include "outcome.hpp"

#include <algorithm>
#include <callgate/json/writer.hpp>
#include <fstream>

#include "options.hpp"

namespace callgate::load {
namespace {

void add_kind(KindOutcome& to, const KindOutcome& from) {
  to.begun += from.begun;
  to.without_retry_after += from.without_retry_after;
  for (const auto& [status, histogram] : from.answered) to.answered[status].add(histogram);
  for (const auto& [failure, count] : from.failed) to.failed[failure] += count;
}

void add_second(Second& to, const Second& from) {
  to.begun += from.begun;
  to.good_admitted += from.good_admitted;
  to.unavailable += from.unavailable;
  to.failed += from.failed;
  to.admitted.add(from.admitted);
}

void write(json::Writer& out, std::string_view name, const Histogram& histogram) {
  out.name(name).begin_object().member("count", static_cast<std::int64_t>(histogram.total()));
  out.member("p50", histogram.milliseconds_at(0.5)).member("p99", histogram.milliseconds_at(0.99));
  out.member("p999", histogram.milliseconds_at(0.999)).member("max", histogram.max_milliseconds());
  out.end_object();
}

void write(json::Writer& out, std::string_view name, const KindOutcome& kind) {
  std::uint64_t answered = 0, failed = 0;
  for (const auto& [status, histogram] : kind.answered) answered += histogram.total();
  for (const auto& [failure, count] : kind.failed) failed += count;
  out.name(name).begin_object().member("begun", static_cast<std::int64_t>(kind.begun));
  out.member("answered", static_cast<std::int64_t>(answered))
      .member("failed", static_cast<std::int64_t>(failed));
  out.name("milliseconds_by_status").begin_object();
  for (const auto& [status, histogram] : kind.answered) write(out, std::to_string(status), histogram);
  out.end_object().name("failures").begin_object();
  for (const auto& [failure, count] : kind.failed)
    out.member(to_text(failure), static_cast<std::int64_t>(count));
  out.end_object();
  out.member("answers_503_without_retry_after", static_cast<std::int64_t>(kind.without_retry_after))
      .end_object();
}

void write_seconds(json::Writer& out, const std::vector<Second>& seconds) {
  out.name("series").begin_array();
  for (std::size_t i = 0; i < seconds.size(); ++i) {
    const Second& second = seconds[i];
    out.begin_object().member("second", static_cast<std::int64_t>(i));
    out.member("begun", static_cast<std::int64_t>(second.begun));
    out.member("good_admitted", static_cast<std::int64_t>(second.good_admitted));
    out.member("unavailable", static_cast<std::int64_t>(second.unavailable));
    out.member("failed", static_cast<std::int64_t>(second.failed));
    out.member("p50", second.admitted.milliseconds_at(0.5))
        .member("p99", second.admitted.milliseconds_at(0.99));
    out.member("max", second.admitted.max_milliseconds()).end_object();
  }
  out.end_array();
}

}  // namespace

void Outcome::add(const Outcome& other) {
  add_kind(good, other.good);
  add_kind(bad, other.bad);
  seconds.resize(std::max(seconds.size(), other.seconds.size()));
  for (std::size_t i = 0; i < other.seconds.size(); ++i) add_second(seconds[i], other.seconds[i]);
  sent.insert(sent.end(), other.sent.begin(), other.sent.end());
  connections_opened += other.connections_opened;
  establishing.add(other.establishing);
}

bool write_ledger(const std::string& file, const std::vector<Sent>& sent) {
  const auto stamp = [](std::chrono::steady_clock::time_point time) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count();
  };
  std::ofstream out(file);
  for (const Sent& one : sent) {
    out << one.id << ' ' << one.call << ' ' << stamp(one.begun) << ' ' << stamp(one.answered) << ' '
        << one.status << '\n';
  }
  return out.flush().good();
}

std::string to_json(const SendOptions& options, const Outcome& outcome, double seconds_taken) {
  const auto admitted = outcome.good.answered.find(200);
  const double good =
      admitted == outcome.good.answered.end() ? 0 : static_cast<double>(admitted->second.total());
  json::Writer out;
  out.begin_object().member("rate_wanted", options.rate).member("seconds_wanted", options.seconds);
  out.member("connections", static_cast<std::int64_t>(options.connections)).member("tls", options.target.tls);
  out.member("seconds_taken", seconds_taken);
  out.member("good_admitted_per_second", good / seconds_taken);
  out.member("connections_opened", static_cast<std::int64_t>(outcome.connections_opened));
  write(out, "establish_milliseconds", outcome.establishing);
  write(out, "good", outcome.good);
  write(out, "bad", outcome.bad);
  if (options.series) write_seconds(out, outcome.seconds);
  return out.end_object().take();
}

}  // namespace callgate::load
