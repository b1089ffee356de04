// SPDX-License-Identifier: Apache-2.0
#pragma once
// A forward proxy inside the test: takes CONNECT and absolute URLs and brings everything to one server,
// whatever name it was asked for.

#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace callgate::e2e {

class Relay {
 public:
  // `target` is where everything goes, as "127.0.0.1:8080". `connected` follows "200" in answers to CONNECT.
  explicit Relay(const std::string& target, std::string connected = {});
  // Its clients must be gone.
  ~Relay();
  Relay(const Relay&) = delete;
  Relay& operator=(const Relay&) = delete;
  std::string url() const;
  // The first lines of what was asked for.
  std::vector<std::string> asked() const;

 private:
  void accept_all();
  void serve(int client);

  std::string target_, connected_;
  int listener_;
  std::uint16_t port_ = 0;
  mutable std::mutex mutex_;  // guards asked_
  std::vector<std::string> asked_;
  std::vector<std::thread> clients_;  // the accepting thread's alone
  std::thread thread_;
};

// Sets a variable of the environment for programs that start meanwhile.
class Variable {
 public:
  Variable(const char* name, const std::string& value);
  ~Variable();
  Variable(const Variable&) = delete;
  Variable& operator=(const Variable&) = delete;

 private:
  const char* name_;
};

}  // namespace callgate::e2e
