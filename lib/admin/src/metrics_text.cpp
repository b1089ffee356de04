// SPDX-License-Identifier: Apache-2.0
#include "metrics_text.hpp"

#include <prometheus/text_serializer.h>

#include <callgate/base/version.hpp>
#include <limits>

namespace callgate::admin {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

ClientMetric counter(Labels labels, std::uint64_t value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.counter.value = static_cast<double>(value);
  return metric;
}

ClientMetric gauge(Labels labels, double value) {
  ClientMetric metric;
  metric.label = std::move(labels);
  metric.gauge.value = value;
  return metric;
}

ClientMetric histogram(const Histogram& observed) {
  ClientMetric metric;
  auto& out = metric.histogram;
  for (std::size_t i = 0; i < observed.counts.size(); ++i) {
    out.sample_count += observed.counts[i];
    if (i < observed.bounds.size()) out.bucket.push_back({out.sample_count, observed.bounds[i]});
  }
  out.bucket.push_back({out.sample_count, std::numeric_limits<double>::infinity()});
  out.sample_sum = observed.sum;
  return metric;
}

MetricFamily requests(const std::vector<RequestCount>& counts) {
  MetricFamily family{"callgate_requests_total",
                      "Callbacks judged, by provider, verdict and reason.",
                      MetricType::Counter,
                      {}};
  for (const RequestCount& row : counts) {
    family.metric.push_back(
        counter({{"provider", row.provider}, {"verdict", row.verdict}, {"reason", row.reason}}, row.count));
  }
  return family;
}

MetricFamily passed_in_shadow(const std::vector<ShadowCount>& counts) {
  MetricFamily family{"callgate_shadow_passed_total",
                      "Callbacks passed on in shadow mode that would have been refused, by route and reason.",
                      MetricType::Counter,
                      {}};
  for (const ShadowCount& row : counts)
    family.metric.push_back(counter({{"route", row.route}, {"reason", row.reason}}, row.count));
  return family;
}

void add_uses(const Metrics& metrics, std::vector<MetricFamily>& out) {
  MetricFamily uses{"callgate_replay_total",
                    "Uses of tokens asked for in the record: first, repeat, replayed ...",
                    MetricType::Counter,
                    {}};
  for (const auto& [result, number] : metrics.uses)
    uses.metric.push_back(counter({{"result", result}}, number));
  out.push_back(std::move(uses));
  out.push_back({"callgate_replay_records",
                 "Uses of tokens held in the record.",
                 MetricType::Gauge,
                 {gauge({}, static_cast<double>(metrics.use_records))}});
}

void add_inbox(const InboxCounts& inbox, std::vector<MetricFamily>& out) {
  const auto number = [](std::uint64_t value) { return gauge({}, static_cast<double>(value)); };
  out.push_back({"callgate_inbox_depth",
                 "Events that wait to be delivered or taken.",
                 MetricType::Gauge,
                 {number(inbox.queued)}});
  out.push_back({"callgate_inbox_oldest_age_seconds",
                 "Since the oldest of them was received; 0 if there is none.",
                 MetricType::Gauge,
                 {gauge({}, inbox.oldest_age_seconds)}});
  out.push_back({"callgate_inbox_dead",
                 "Events given up, kept until somebody decides.",
                 MetricType::Gauge,
                 {number(inbox.dead)}});
  out.push_back({"callgate_inbox_bytes", "Content of the inbox.", MetricType::Gauge, {number(inbox.bytes)}});
  MetricFamily attempts{"callgate_delivery_attempts_total",
                        "Pushes to applications, by result: delivered, again, dead; busy: none was tried.",
                        MetricType::Counter,
                        {}};
  for (const auto& [result, count] : inbox.attempts)
    attempts.metric.push_back(counter({{"result", result}}, count));
  out.push_back(std::move(attempts));
}

// One family for each thing that is known of a key source.
void add_key_sources(const std::vector<KeySourceCounts>& sources, std::vector<MetricFamily>& out) {
  MetricFamily fetches{"callgate_keys_fetch_total",
                       "Fetches of the issuer's keys, by result: ok (also where nothing has changed) or the "
                       "cause of a failure.",
                       MetricType::Counter,
                       {}};
  MetricFamily age{"callgate_keys_age_seconds",
                   "Time since the source last confirmed the keys in use.",
                   MetricType::Gauge,
                   {}};
  MetricFamily count{"callgate_keys_count", "Usable keys.", MetricType::Gauge, {}};
  MetricFamily unknown{
      "callgate_key_unknown_total", "Callbacks whose kid was not in the key set.", MetricType::Counter, {}};
  MetricFamily offset{
      "callgate_clock_offset_seconds", "The issuer's clock less ours.", MetricType::Gauge, {}};
  for (const KeySourceCounts& source : sources) {
    const Labels provider{{"provider", source.provider}};
    for (const auto& [result, number] : source.fetches) {
      fetches.metric.push_back(counter({{"provider", source.provider}, {"result", result}}, number));
    }
    if (source.age_seconds) age.metric.push_back(gauge(provider, *source.age_seconds));
    count.metric.push_back(gauge(provider, static_cast<double>(source.keys)));
    unknown.metric.push_back(counter(provider, source.unknown_kids));
    if (source.clock_offset_seconds) offset.metric.push_back(gauge(provider, *source.clock_offset_seconds));
  }
  for (MetricFamily* family : {&fetches, &age, &count, &unknown, &offset}) out.push_back(std::move(*family));
}

}  // namespace

std::string metrics_text(const Metrics& metrics) {
  std::vector<MetricFamily> families{
      requests(metrics.requests),
      {"callgate_request_duration_seconds",
       "From the end of a callback's head to its answer.",
       MetricType::Histogram,
       {histogram(metrics.request_seconds)}},
      {"callgate_verify_duration_seconds",
       "Judging a callback's token.",
       MetricType::Histogram,
       {histogram(metrics.verify_seconds)}},
  };
  add_key_sources(metrics.key_sources, families);
  add_uses(metrics, families);
  add_inbox(metrics.inbox, families);
  families.push_back({"callgate_connections",
                      "Open connections on the public port.",
                      MetricType::Gauge,
                      {gauge({}, static_cast<double>(metrics.connections))}});
  families.push_back(passed_in_shadow(metrics.passed_in_shadow));
  families.push_back({"callgate_log_lines_left_out_total",
                      "Lines about requests that the log left out because there were too many.",
                      MetricType::Counter,
                      {counter({}, metrics.log_lines_left_out)}});
  families.push_back({"callgate_build_info",
                      "Always 1; which build this is.",
                      MetricType::Gauge,
                      {gauge({{"version", CALLGATE_VERSION_STRING},
                              {"commit", CALLGATE_COMMIT},
                              {"compiler", "g++ " __VERSION__}},
                             1)}});
  return prometheus::TextSerializer().Serialize(families);
}

}  // namespace callgate::admin
