// SPDX-License-Identifier: Apache-2.0
#include "process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>

namespace callgate::e2e {
namespace {

std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) std::abort();
  return ends;
}

[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments, int in,
                         int out, int err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  dup2(in, STDIN_FILENO);
  dup2(out, STDOUT_FILENO);
  dup2(err, STDERR_FILENO);
  std::vector<char*> words{const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  execv(program.c_str(), words.data());
  _exit(127);
}

}  // namespace

Process::Process(const std::string& program, const std::vector<std::string>& arguments,
                 const std::string& input) {
  const auto in = make_pipe(), out = make_pipe(), err = make_pipe();
  pid_ = fork();
  if (pid_ == 0) become(program, arguments, in[0], out[1], err[1]);
  for (const int end : {in[0], out[1], err[1]}) close(end);
  if (!input.empty() && write(in[1], input.data(), input.size()) < 0) std::abort();
  close(in[1]);
  output_reader_ = std::thread([this, end = out[0]] { read_all(end, output_, output_closed_); });
  error_reader_ = std::thread([this, end = err[0]] { read_all(end, errors_, errors_closed_); });
}

Process::~Process() {
  if (!exit_code_) {
    signal(SIGKILL);
    wait();
  }
  output_reader_.join();
  error_reader_.join();
  // A sanitizer has spoken: no test may pass over it.
  for (const char* report : {"ThreadSanitizer", "AddressSanitizer", "LeakSanitizer", "runtime error: "}) {
    if (errors_.find(report) == std::string::npos) continue;
    std::fputs(errors_.c_str(), stderr);
    std::abort();
  }
}

void Process::read_all(int descriptor, std::string& into, bool& closed) {
  std::array<char, 4096> part{};
  for (;;) {
    const ssize_t count = read(descriptor, part.data(), part.size());
    if (count < 0 && errno == EINTR) continue;
    const std::lock_guard lock(mutex_);
    if (count > 0) into.append(part.data(), static_cast<std::size_t>(count));
    closed = count <= 0;
    changed_.notify_all();
    if (closed) break;
  }
  close(descriptor);
}

std::optional<std::string> Process::wait_for_line(const std::string& prefix) {
  std::unique_lock lock(mutex_);
  std::optional<std::string> line;
  const auto find = [&] {
    for (std::size_t start = 0; start < output_.size();) {
      const std::size_t end = output_.find('\n', start);
      if (end == std::string::npos) break;
      if (output_.compare(start, prefix.size(), prefix) == 0) line = output_.substr(start, end - start);
      start = end + 1;
    }
    return line.has_value() || output_closed_;
  };
  changed_.wait(lock, find);
  return line;
}

bool Process::wait_for_error_text(const std::string& text, int times) {
  std::unique_lock lock(mutex_);
  const auto is_there = [&] {
    std::size_t at = 0;
    for (int i = 0; i < times; ++i) {
      at = errors_.find(text, at);
      if (at == std::string::npos) return false;
      at += text.size();
    }
    return true;
  };
  changed_.wait(lock, [&] { return errors_closed_ || is_there(); });
  return is_there();
}

void Process::signal(int number) const {
  kill(pid_, number);
}

int Process::wait() {
  if (exit_code_) return *exit_code_;
  int status = 0;
  while (waitpid(pid_, &status, 0) < 0 && errno == EINTR) {
  }
  exit_code_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  return *exit_code_;
}

std::string Process::output() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return output_closed_; });
  return output_;
}

std::string Process::errors() {
  std::unique_lock lock(mutex_);
  if (exit_code_) changed_.wait(lock, [&] { return errors_closed_; });
  return errors_;
}

std::string value_of(const std::string& line, const std::string& key) {
  const std::size_t at = line.find(" " + key + "=");
  if (at == std::string::npos) return {};
  const std::size_t start = at + key.size() + 2;
  return line.substr(start, line.find(' ', start) - start);
}

}  // namespace callgate::e2e
