// SPDX-License-Identifier: Apache-2.0
#pragma once
// A gateway of which the tests say what it holds.

#include <callgate/admin/site.hpp>

namespace callgate::admin {

class FakeCommands : public Commands {
 public:
  std::vector<HealthCheck> health() override { return checks; }
  std::vector<KeySourceView> keys() override { return sources; }
  std::vector<RefreshOutcome> refresh_keys() override {
    ++refreshes;
    return outcomes;
  }
  Metrics metrics() override { return counted; }

  std::vector<HealthCheck> checks;
  std::vector<KeySourceView> sources;
  std::vector<RefreshOutcome> outcomes;
  Metrics counted;
  int refreshes = 0;
};

inline http::RequestHead request(std::string method, std::string target, http::Headers headers = {}) {
  return {.method = std::move(method),
          .target = std::move(target),
          .version_minor = 1,
          .headers = std::move(headers)};
}

}  // namespace callgate::admin
