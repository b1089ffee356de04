// SPDX-License-Identifier: Apache-2.0
#pragma once
// The other side of a connection for tests: a blocking socket that gives up after a while instead of hanging.

#include <sys/types.h>

#include <callgate/http/headers.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::net {

struct Answer {
  int status = 0;
  http::Headers headers;
  std::string body;

  std::string header(std::string_view name) const { return std::string(headers.find(name).value_or("")); }
};

class Peer {
 public:
  // Connects to 127.0.0.1.
  explicit Peer(std::uint16_t port);
  // Takes a connected socket.
  explicit Peer(int descriptor, std::string_view /*already connected*/);
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  virtual ~Peer();

  bool connected() const { return connected_; }
  // False if not everything could be sent.
  bool send(std::string_view bytes);
  void shut_sending() const;
  // Closes so that the other side sees a reset.
  void reset();

  // The next answer; nothing if the connection ends before it is complete. `head_method`: it has no body.
  std::optional<Answer> answer(bool head_method = false);
  // Bytes up to and with `mark`; empty if the connection ends before.
  std::string read_until(std::string_view mark);
  // Exactly so many; fewer if the connection ends before.
  std::string read_bytes(std::size_t size);
  std::string read_to_end();
  // The other side closed (or reset) the connection, and nothing more had arrived.
  bool at_end();

 protected:
  // Like send() and recv().
  virtual ssize_t transmit(const char* bytes, std::size_t size);
  virtual ssize_t receive(char* into, std::size_t most);
  int descriptor() const { return descriptor_; }

 private:
  bool fill();
  std::string take(std::size_t size);

  int descriptor_ = -1;
  bool connected_ = false;
  std::string buffer_;
};

}  // namespace callgate::net
