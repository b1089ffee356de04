// SPDX-License-Identifier: Apache-2.0
#pragma once
// A gateway of which the tests say what it holds.

#include <callgate/admin/site.hpp>

namespace callgate::admin {

class FakeVerdicts : public VerdictLog {
 public:
  std::vector<Verdict> latest(std::size_t most) const override {
    return {rows.rbegin(), rows.rbegin() + static_cast<std::ptrdiff_t>(std::min(most, rows.size()))};
  }
  std::vector<Verdict> after(std::uint64_t, std::size_t) const override { return {}; }
  std::uint64_t newest() const override { return rows.empty() ? 0 : rows.back().sequence; }

  std::vector<Verdict> rows;
};

class FakeCommands : public Commands {
 public:
  std::vector<HealthCheck> health() override { return checks; }
  std::vector<KeySourceView> keys() override { return sources; }
  std::vector<RefreshOutcome> refresh_keys() override {
    ++refreshes;
    return outcomes;
  }
  Metrics metrics() override { return counted; }
  Status status() override { return setup; }
  const VerdictLog& verdicts() override { return kept; }
  delivery::Store* inbox() override { return store; }
  bool pushes_inbox() override { return pushes; }
  void inbox_changed() override { ++changes; }

  std::vector<HealthCheck> checks;
  std::vector<KeySourceView> sources;
  std::vector<RefreshOutcome> outcomes;
  Metrics counted;
  Status setup;
  FakeVerdicts kept;
  int refreshes = 0;
  delivery::Store* store = nullptr;
  bool pushes = false;
  int changes = 0;
};

inline http::RequestHead request(std::string method, std::string target, http::Headers headers = {}) {
  return {.method = std::move(method),
          .target = std::move(target),
          .version_minor = 1,
          .headers = std::move(headers)};
}

}  // namespace callgate::admin
