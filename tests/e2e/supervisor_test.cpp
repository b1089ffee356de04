// SPDX-License-Identifier: Apache-2.0
// What a service manager is told through NOTIFY_SOCKET (sd_notify(3)).
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

// The manager's end of the socket.
class Manager {
 public:
  explicit Manager(const std::string& path) : socket_(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(&address.sun_path, path.c_str(), path.size() + 1);
    const void* raw = &address;
    if (bind(socket_, static_cast<const sockaddr*>(raw), sizeof address) != 0)
      ADD_FAILURE() << "cannot bind " << path;
    const timeval patience{20, 0};
    setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    setenv("NOTIFY_SOCKET", path.c_str(), 1);  // NOLINT(concurrency-mt-unsafe): before any thread
    setenv("WATCHDOG_USEC", "200000", 1);      // NOLINT(concurrency-mt-unsafe)
  }
  ~Manager() {
    close(socket_);
    unsetenv("NOTIFY_SOCKET");  // NOLINT(concurrency-mt-unsafe)
    unsetenv("WATCHDOG_USEC");  // NOLINT(concurrency-mt-unsafe)
  }
  Manager(const Manager&) = delete;
  Manager& operator=(const Manager&) = delete;

  // The next message that begins with `word`; empty if none comes.
  std::string wait_for(const std::string& word) const {
    for (;;) {
      std::array<char, 512> text{};
      const ssize_t size = recv(socket_, text.data(), text.size(), 0);
      if (size <= 0) return {};
      std::string message(text.data(), static_cast<std::size_t>(size));
      if (message.starts_with(word)) return message;
    }
  }

 private:
  int socket_;
};

TEST(Supervisor, IsToldOfReadinessReloadLifeAndEnd) {
  TestIssuer issuer;
  const Folder folder;
  const Manager manager(folder.path("notify"));
  Gateway gateway(issuer.url());
  EXPECT_NE(manager.wait_for("READY=1"), "");
  EXPECT_NE(manager.wait_for("WATCHDOG=1"), "");
  EXPECT_NE(manager.wait_for("WATCHDOG=1"), "") << "again and again";
  gateway.process().signal(SIGHUP);
  EXPECT_NE(manager.wait_for("RELOADING=1").find("MONOTONIC_USEC="), std::string::npos);
  EXPECT_NE(manager.wait_for("READY=1"), "");
  gateway.process().signal(SIGTERM);
  EXPECT_NE(manager.wait_for("STOPPING=1"), "");
  EXPECT_EQ(gateway.process().wait(), 0);
}

}  // namespace
}  // namespace callgate::e2e
