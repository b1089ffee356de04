// SPDX-License-Identifier: Apache-2.0
#include "supervisor.hpp"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstring>
#include <ctime>

namespace callgate::gateway {

Supervisor::Supervisor(const config::Supervision& supervision) : socket_(supervision.notify_socket) {
  if (socket_.starts_with('@')) socket_.front() = '\0';
  if (supervision.watchdog) watchdog_pause_ = *supervision.watchdog / 2;
}

void Supervisor::ready() const {
  tell("READY=1\nSTATUS=serving");
}

void Supervisor::reloading() const {
  timespec now{};
  clock_gettime(CLOCK_MONOTONIC, &now);
  const long long microseconds = now.tv_sec * 1'000'000LL + now.tv_nsec / 1'000;
  tell("RELOADING=1\nMONOTONIC_USEC=" + std::to_string(microseconds));
}

void Supervisor::stopping() const {
  tell("STOPPING=1\nSTATUS=draining");
}

void Supervisor::alive() const {
  tell("WATCHDOG=1");
}

void Supervisor::tell(std::string_view state) const {
  sockaddr_un address{};
  if (socket_.empty() || socket_.size() >= sizeof address.sun_path) return;
  const int descriptor = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return;
  address.sun_family = AF_UNIX;
  std::memcpy(&address.sun_path, socket_.data(), socket_.size());
  const void* raw = &address;
  const auto size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket_.size());
  sendto(descriptor, state.data(), state.size(), MSG_NOSIGNAL | MSG_DONTWAIT,
         static_cast<const sockaddr*>(raw), size);
  close(descriptor);
}

}  // namespace callgate::gateway
