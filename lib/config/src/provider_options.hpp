// SPDX-License-Identifier: Apache-2.0
#pragma once
// The flags that describe one sender, shared by every verb that judges tokens.

#include <CLI/CLI.hpp>
#include <callgate/config/settings.hpp>
#include <chrono>
#include <string>
#include <vector>

namespace callgate::config {

// Adds "--name" with its environment variable to `app`.
CLI::Option* with_environment(CLI::Option* option);

// A duration flag that shows its default as people write it.
CLI::Option* add_duration(CLI::App& app, const std::string& name, std::chrono::milliseconds& target,
                          const std::string& help);

class ProviderOptions {
 public:
  explicit ProviderOptions(CLI::App& app);
  // The settings, or one sentence that says what is wrong and what to write instead.
  tl::expected<ProviderSettings, std::string> finish() const;
  // The same for verbs that judge nothing: the audience may be missing.
  tl::expected<ProviderSettings, std::string> finish_without_audience() const;

 private:
  std::vector<std::string> audiences_;
  std::string issuer_;
  std::string discovery_;
  std::string keys_file_;
  std::string ca_file_;
  bool insecure_http_ = false;
  bool require_issued_at_ = false;
  std::chrono::milliseconds clock_skew_;
  std::chrono::milliseconds max_lifetime_;
};

}  // namespace callgate::config
