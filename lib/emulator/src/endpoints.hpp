// SPDX-License-Identifier: Apache-2.0
#pragma once
// What the emulator answers over HTTP: the service's documents, and its own controls below /emulator/. All on
// the worker's thread; must outlive the worker's run(), worker, clock and issuer must outlive it.

#include <callgate/base/clock.hpp>
#include <callgate/net/server.hpp>
#include <callgate/net/worker.hpp>
#include <cstdint>
#include <map>
#include <memory>

#include "issuer.hpp"
#include "key_fault.hpp"
#include "sender.hpp"

namespace callgate::emulator {

inline constexpr std::size_t kOrderBytesMax = std::size_t{64}
                                              << 10;  // body of a request to /emulator/; beyond: 413

class Endpoints {
 public:
  Endpoints(net::Worker& worker, const base::Clock& clock, Issuer& issuer);
  Endpoints(const Endpoints&) = delete;
  Endpoints& operator=(const Endpoints&) = delete;
  ~Endpoints() = default;

  void handle(const std::shared_ptr<net::Exchange>& exchange);

 private:
  using Pointer = std::shared_ptr<net::Exchange>;

  void answer_document(const Pointer& exchange, Document document);
  void answer_order(const Pointer& exchange, std::string_view path);
  void take_order(const Pointer& exchange, std::string_view path, std::string_view body);
  void place_calls(const Pointer& exchange, std::string_view body);
  http::Response mint_token(std::string_view body) const;
  http::Response rotate(std::string_view body);
  http::Response set_key_fault(std::string_view body);
  void answer_later(const Pointer& exchange, http::Response response);

  net::Worker& worker_;
  Issuer& issuer_;
  Sender sender_;
  KeyFault key_fault_ = KeyFault::ok;
  std::uint64_t next_delay_ = 0;
  std::map<std::uint64_t, std::shared_ptr<void>> delays_;  // timers of answers held back
};

}  // namespace callgate::emulator
