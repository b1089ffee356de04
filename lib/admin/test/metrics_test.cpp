// SPDX-License-Identifier: Apache-2.0
// What /metrics says, read back by a strict reader of the text format 0.0.4 that knows nothing of the writer.

#include <gtest/gtest.h>

#include <callgate/base/version.hpp>
#include <callgate/delivery/dispatcher.hpp>
#include <charconv>
#include <cmath>
#include <map>
#include <regex>
#include <set>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

struct Sample {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct Family {
  std::string help;
  std::string type;
  std::vector<Sample> samples;
};

using Families = std::map<std::string, Family>;

double parse_value(const std::string& text) {
  if (text == "+Inf") return INFINITY;
  double value = NAN;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  EXPECT_TRUE(fault == std::errc{} && end == text.data() + text.size()) << text;
  return value;
}

// `at` stands behind the opening quote; afterwards behind the closing one.
std::string parse_label_value(const std::string& line, std::size_t& at) {
  std::string value;
  while (at < line.size() && line[at] != '"') {
    if (line[at] != '\\') {
      value += line[at++];
      continue;
    }
    const char escaped = at + 1 < line.size() ? line[at + 1] : ' ';
    EXPECT_NE(std::string("\\\"n").find(escaped), std::string::npos) << line;
    value += escaped == 'n' ? '\n' : escaped;
    at += 2;
  }
  EXPECT_LT(at, line.size()) << "no closing quote: " << line;
  ++at;
  return value;
}

Sample parse_sample(const std::string& line) {
  static const std::regex name_form("[a-zA-Z_:][a-zA-Z0-9_:]*"), label_form("[a-zA-Z_][a-zA-Z0-9_]*");
  Sample sample;
  std::size_t at = line.find_first_of("{ ");
  sample.name = line.substr(0, at);
  EXPECT_TRUE(std::regex_match(sample.name, name_form)) << line;
  if (at < line.size() && line[at] == '{') {
    ++at;
    while (at < line.size() && line[at] != '}') {
      const std::size_t equals = line.find("=\"", at);
      if (equals == std::string::npos) break;
      const std::string label = line.substr(at, equals - at);
      EXPECT_TRUE(std::regex_match(label, label_form)) << line;
      at = equals + 2;
      EXPECT_TRUE(sample.labels.emplace(label, parse_label_value(line, at)).second) << line;
      if (at < line.size() && line[at] == ',') ++at;
    }
    ++at;
  }
  EXPECT_TRUE(at < line.size() && line[at] == ' ') << line;
  sample.value = parse_value(line.substr(std::min(at + 1, line.size())));
  return sample;
}

bool belongs_to(const std::string& sample, const std::string& family, const std::string& type) {
  if (type != "histogram") return sample == family;
  return sample == family + "_bucket" || sample == family + "_sum" || sample == family + "_count";
}

// HELP, then TYPE, then all samples of a family, and no family twice.
Families parse(const std::string& text) {
  Families families;
  std::string current;
  std::set<std::string> series;
  EXPECT_TRUE(text.ends_with('\n'));
  for (std::size_t begin = 0; begin < text.size();) {
    const std::size_t end = std::min(text.find('\n', begin), text.size());
    const std::string line = text.substr(begin, end - begin);
    begin = end + 1;
    std::smatch match;
    if (std::regex_match(line, match, std::regex("# HELP ([^ ]+) (.+)"))) {
      current = match[1];
      EXPECT_TRUE(families.emplace(current, Family{match[2], {}, {}}).second) << "twice: " << line;
    } else if (std::regex_match(line, match, std::regex("# TYPE ([^ ]+) (counter|gauge|histogram)"))) {
      EXPECT_EQ(match[1], current) << line;
      EXPECT_EQ(families[current].type, "") << "twice: " << line;
      families[current].type = match[2];
    } else {
      Sample sample = parse_sample(line);
      EXPECT_TRUE(belongs_to(sample.name, current, families[current].type)) << line;
      EXPECT_TRUE(series.insert(line.substr(0, line.rfind(' '))).second) << "twice: " << line;
      families[current].samples.push_back(std::move(sample));
    }
  }
  return families;
}

Families families_of(Metrics metrics) {
  FakeCommands commands;
  commands.counted = std::move(metrics);
  const auto response = answer({{"127.0.0.1", 9464}, {}}, commands,
                               request("GET", "/metrics", {{"Host", "127.0.0.1:9464"}}), "")
                            .response;
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.find("Content-Type"), "text/plain; version=0.0.4; charset=utf-8");
  return parse(response.body);
}

Metrics some_metrics() {
  Metrics metrics;
  metrics.requests = {{"acs", "admit", "-", 7}, {"-", "refuse", "route_unknown", 3}};
  metrics.request_seconds = {{0.001, 0.01, 0.1}, {5, 0, 2, 1}, 1.25};
  metrics.verify_seconds = {{0.0001}, {4, 0}, 0.0002};
  metrics.key_sources = {{"acs", {{"ok", 2}, {"dns", 1}}, 9, 12.5, 2, -0.25}, {"own", {}, 0, {}, 0, {}}};
  metrics.connections = 11;
  metrics.passed_in_shadow = {{"/a", "token_expired", 5}};
  metrics.uses = {{"first", 4}, {"repeat", 0}};
  metrics.use_records = 3;
  metrics.inbox = InboxCounts{
      .queued = 8, .dead = 1, .bytes = 4096, .oldest_age_seconds = 2.5, .attempts = {{"again", 2}}};
  metrics.log_lines_left_out = 6;
  return metrics;
}

const Sample* find(const Family& family, const std::map<std::string, std::string>& labels) {
  for (const Sample& sample : family.samples) {
    if (sample.labels == labels) return &sample;
  }
  return nullptr;
}

TEST(Metrics, AreAllThereWithoutAnInbox) {
  const Families families = families_of(Metrics{});
  EXPECT_EQ(families.at("callgate_inbox_depth").samples.size(), 1U);
  EXPECT_EQ(families.at("callgate_inbox_oldest_age_seconds").samples.size(), 1U);
  for (std::size_t i = 0; i < delivery::kTriedCount; ++i) {
    const std::string result(delivery::to_text(static_cast<delivery::Tried::What>(i)));
    const Sample* sample = find(families.at("callgate_delivery_attempts_total"), {{"result", result}});
    ASSERT_NE(sample, nullptr) << result;
    EXPECT_EQ(sample->value, 0) << result;
  }
}

TEST(Metrics, NamesTypesAndLabelsAreThoseOfTheContract) {
  const Families families = families_of(some_metrics());
  const std::map<std::string, std::pair<std::string, std::set<std::string>>> contract{
      {"callgate_requests_total", {"counter", {"provider", "verdict", "reason"}}},
      {"callgate_request_duration_seconds", {"histogram", {"le"}}},
      {"callgate_verify_duration_seconds", {"histogram", {"le"}}},
      {"callgate_keys_fetch_total", {"counter", {"provider", "result"}}},
      {"callgate_keys_age_seconds", {"gauge", {"provider"}}},
      {"callgate_keys_count", {"gauge", {"provider"}}},
      {"callgate_key_unknown_total", {"counter", {"provider"}}},
      {"callgate_connections", {"gauge", {}}},
      {"callgate_clock_offset_seconds", {"gauge", {"provider"}}},
      {"callgate_shadow_passed_total", {"counter", {"route", "reason"}}},
      {"callgate_log_lines_left_out_total", {"counter", {}}},
      {"callgate_replay_total", {"counter", {"result"}}},
      {"callgate_replay_records", {"gauge", {}}},
      {"callgate_inbox_depth", {"gauge", {}}},
      {"callgate_inbox_oldest_age_seconds", {"gauge", {}}},
      {"callgate_inbox_dead", {"gauge", {}}},
      {"callgate_inbox_bytes", {"gauge", {}}},
      {"callgate_delivery_attempts_total", {"counter", {"result"}}},
      {"callgate_build_info", {"gauge", {"version", "commit", "compiler"}}},
  };
  EXPECT_EQ(families.size(), contract.size());
  for (const auto& [name, expected] : contract) {
    ASSERT_TRUE(families.contains(name)) << name;
    EXPECT_EQ(families.at(name).type, expected.first) << name;
    EXPECT_FALSE(families.at(name).help.empty()) << name;
    std::set<std::string> labels;
    for (const Sample& sample : families.at(name).samples) {
      for (const auto& [label, value] : sample.labels) labels.insert(label);
    }
    EXPECT_EQ(labels, expected.second) << name;
  }
}

TEST(Metrics, ValuesStandBesideTheirLabels) {
  Families families = families_of(some_metrics());
  struct Row {
    std::string family;
    std::map<std::string, std::string> labels;
    double value;
  };
  const Row rows[] = {
      {"callgate_requests_total", {{"provider", "acs"}, {"verdict", "admit"}, {"reason", "-"}}, 7},
      {"callgate_requests_total", {{"provider", "-"}, {"verdict", "refuse"}, {"reason", "route_unknown"}}, 3},
      {"callgate_keys_fetch_total", {{"provider", "acs"}, {"result", "ok"}}, 2},
      {"callgate_keys_fetch_total", {{"provider", "acs"}, {"result", "dns"}}, 1},
      {"callgate_keys_age_seconds", {{"provider", "acs"}}, 12.5},
      {"callgate_keys_count", {{"provider", "acs"}}, 2},
      {"callgate_keys_count", {{"provider", "own"}}, 0},
      {"callgate_key_unknown_total", {{"provider", "acs"}}, 9},
      {"callgate_clock_offset_seconds", {{"provider", "acs"}}, -0.25},
      {"callgate_connections", {}, 11},
      {"callgate_shadow_passed_total", {{"route", "/a"}, {"reason", "token_expired"}}, 5},
      {"callgate_log_lines_left_out_total", {}, 6},
  };
  for (const Row& row : rows) {
    const Sample* sample = find(families[row.family], row.labels);
    ASSERT_NE(sample, nullptr) << row.family;
    EXPECT_EQ(sample->value, row.value) << row.family;
  }
  EXPECT_EQ(families["callgate_keys_age_seconds"].samples.size(), 1U) << "own has no age";
  EXPECT_EQ(families["callgate_clock_offset_seconds"].samples.size(), 1U);
  const Sample& build = families["callgate_build_info"].samples.at(0);
  EXPECT_EQ(build.value, 1);
  EXPECT_EQ(build.labels.at("version"), CALLGATE_VERSION_STRING);
  EXPECT_FALSE(build.labels.at("commit").empty());
}

// The buckets as (bound, count), then what _count and _sum say.
struct Read {
  std::vector<std::pair<double, double>> buckets;
  double count = -1;
  double sum = -1;
};

Read read_histogram(const Family& family) {
  Read read;
  for (const Sample& sample : family.samples) {
    if (sample.name.ends_with("_bucket")) {
      read.buckets.emplace_back(parse_value(sample.labels.at("le")), sample.value);
    } else {
      (sample.name.ends_with("_sum") ? read.sum : read.count) = sample.value;
    }
  }
  return read;
}

TEST(Metrics, BucketsAreCumulativeAndTheLastHoldsAll) {
  const Families families = families_of(some_metrics());
  const Read read = read_histogram(families.at("callgate_request_duration_seconds"));
  const std::vector<std::pair<double, double>> expected{{0.001, 5}, {0.01, 5}, {0.1, 7}, {INFINITY, 8}};
  EXPECT_EQ(read.buckets, expected);
  EXPECT_EQ(read.count, 8);
  EXPECT_EQ(read.sum, 1.25);
}

TEST(Metrics, BeforeTheFirstCallbackEverythingIsThere) {
  Metrics none;
  none.request_seconds = none.verify_seconds = {{0.1, 1}, {0, 0, 0}, 0};
  const Families families = families_of(none);
  EXPECT_EQ(families.size(), 19U);
  EXPECT_EQ(read_histogram(families.at("callgate_verify_duration_seconds")).buckets.size(), 3U);
  const Read empty = read_histogram(families_of({}).at("callgate_verify_duration_seconds"));
  const std::vector<std::pair<double, double>> all{{INFINITY, 0}};
  EXPECT_EQ(empty.buckets, all);
  EXPECT_EQ(empty.count, 0);
}

TEST(Metrics, ALabelForgesNoLine) {
  const std::string name = "a\"} 1\ncallgate_forged 1\n\\";
  Metrics metrics;
  metrics.requests = {{name, "admit", "-", 1}};
  const Families families = families_of(metrics);
  EXPECT_FALSE(families.contains("callgate_forged"));
  EXPECT_EQ(families.at("callgate_requests_total").samples.at(0).labels.at("provider"), name);
}

}  // namespace
}  // namespace callgate::admin
