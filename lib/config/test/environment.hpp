// SPDX-License-Identifier: Apache-2.0
#pragma once
// Variables of the environment, for tests, which run one after the other on one thread.

#include <cstdlib>
#include <string>

namespace callgate::config {

inline void set_variable(const std::string& name, const char* value) {
  setenv(name.c_str(), value, 1);  // NOLINT(concurrency-mt-unsafe)
}
inline void unset_variable(const std::string& name) {
  unsetenv(name.c_str());  // NOLINT(concurrency-mt-unsafe)
}

// A variable that is set for as long as this lives.
class Environment {
 public:
  Environment(std::string variable, const char* value) : name_(std::move(variable)) {
    set_variable(name_, value);
  }
  Environment(const Environment&) = delete;
  Environment& operator=(const Environment&) = delete;
  ~Environment() { unset_variable(name_); }

 private:
  const std::string name_;
};

}  // namespace callgate::config
