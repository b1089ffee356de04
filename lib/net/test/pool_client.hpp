// SPDX-License-Identifier: Apache-2.0
#pragma once
// A ClientPool and its worker, which runs on the test's thread whenever the test waits for something.

#include <callgate/net/client_pool.hpp>
#include <functional>
#include <optional>
#include <string>

namespace callgate::net {

using CallResult = tl::expected<http::Response, ClientError>;
// Empty until the call is over.
using PendingResult = std::shared_ptr<std::optional<CallResult>>;

http::Request make_post(std::string target, std::string body = "");
http::Url local_url(std::uint16_t port, const std::string& scheme = "http",
                    const std::string& host = "127.0.0.1");
// "200 body", or "unreachable", "timeout", "broken", "busy"; "none yet".
std::string text_of(const PendingResult& result);
std::string text_of(const CallResult& result);

class PoolClient {
 public:
  explicit PoolClient(const PoolLimits& limits = {}) : pool_(std::in_place, worker_, limits) {}

  ClientPool& pool() { return *pool_; }
  Worker& worker() { return worker_; }
  void destroy_pool() { pool_.reset(); }
  bool has_pool() const { return pool_.has_value(); }

  // Only hands the request over: the loop does not turn.
  PendingResult start(const http::Url& where, http::Request request, const ClientLimits& limits = {},
                      std::shared_ptr<const TlsTrust> trust = nullptr);
  // And waits for the result.
  std::string ask(const http::Url& where, http::Request request, const ClientLimits& limits = {},
                  std::shared_ptr<const TlsTrust> trust = nullptr);
  std::string wait_for(const PendingResult& result);
  // Turns the loop until that holds; false if it does not within a long time.
  bool run_until(const std::function<bool()>& holds);
  // Lets everything happen that is due now.
  void turn();

 private:
  void look_again(const std::function<bool()>& holds, std::shared_ptr<void>& next);

  Worker worker_;
  std::optional<ClientPool> pool_;
};

}  // namespace callgate::net
