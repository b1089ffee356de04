// SPDX-License-Identifier: Apache-2.0
#pragma once
// A program under test: started with its output captured, stopped by its own pid, never left behind.

#include <condition_variable>
#include <csignal>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace callgate::e2e {

class Process {
 public:
  // input, if given, becomes standard input; else it is empty.
  Process(const std::string& program, const std::vector<std::string>& arguments,
          const std::string& input = {});
  ~Process();  // kills it if it still runs
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // The first line of standard output that starts with `prefix`; nothing once the process has closed its
  // output without one.
  std::optional<std::string> wait_for_line(const std::string& prefix);
  // Waits until standard error holds `text`, so many times; false if it was closed without.
  bool wait_for_error_text(const std::string& text, int times = 1);
  void signal(int number) const;
  // The exit code; 128 + n if signal n ended it.
  int wait();
  std::string output();
  // So far; all of it after wait().
  std::string errors();

 private:
  void read_all(int descriptor, std::string& into, bool& closed);

  int pid_ = -1;
  std::optional<int> exit_code_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string output_, errors_;
  bool output_closed_ = false, errors_closed_ = false;
  std::thread output_reader_, error_reader_;
};

// "key=value" of a ready line.
std::string value_of(const std::string& line, const std::string& key);

}  // namespace callgate::e2e
