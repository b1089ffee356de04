// SPDX-License-Identifier: Apache-2.0
#pragma once
// The flags of the schema and their environment variables, put over what the file says.

#include <CLI/CLI.hpp>
#include <deque>
#include <string>
#include <vector>

#include "section.hpp"

namespace callgate::config {

// Adds "--name" with its environment variable CALLGATE_NAME to `app`.
CLI::Option* with_environment(CLI::Option* option);

class Flags {
 public:
  // Which flags a verb takes: all of them, or those of one provider and its keys.
  enum class Reach { serve, provider };
  Flags(CLI::App& app, Reach reach);

  const std::string& config_file() const { return config_file_; }
  // Flags and environment beat the file. Those of the one implicit provider and route cannot stand beside
  // [[provider]] or [[route]].
  void apply(Sections& sections, Findings& findings) const;

 private:
  struct Flag {
    const Key* key;
    CLI::Option* option = nullptr;
    std::vector<std::string> values = {};
    bool on = false;
  };
  void add(CLI::App& app, const Key& key);
  static Entry entry_of(const Flag& flag);
  void add_implicit(Sections& sections) const;

  std::string config_file_;
  std::deque<Flag> flags_;  // CLI11 holds on to their addresses
};

}  // namespace callgate::config
