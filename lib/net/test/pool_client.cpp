// SPDX-License-Identifier: Apache-2.0
#include "pool_client.hpp"

#include <gtest/gtest.h>

namespace callgate::net {
namespace {

using std::chrono::milliseconds;

constexpr std::chrono::seconds kPatience{30};

}  // namespace

http::Request make_post(std::string target, std::string body) {
  return {.head = {.method = "POST", .target = std::move(target), .version_minor = 1, .headers = {}},
          .body = std::move(body)};
}

http::Url local_url(std::uint16_t port, const std::string& scheme, const std::string& host) {
  return http::parse_url(scheme + "://" + host + ":" + std::to_string(port) + "/not/used").value();
}

std::string text_of(const CallResult& result) {
  if (result) return std::to_string(result->status) + " " + result->body;
  if (result.error().busy) return "busy";
  switch (result.error().kind) {
    case ClientError::Kind::unreachable:
      return "unreachable";
    case ClientError::Kind::timeout:
      return "timeout";
    case ClientError::Kind::broken_answer:
      return "broken";
  }
  return "?";
}

std::string text_of(const PendingResult& result) {
  return result->has_value() ? text_of(**result) : "none yet";
}

PendingResult PoolClient::start(const http::Url& where, http::Request request, const ClientLimits& limits,
                                std::shared_ptr<const TlsTrust> trust) {
  auto result = std::make_shared<std::optional<CallResult>>();
  pool().send(where, std::move(request), limits, std::move(trust), [result](CallResult its_result) {
    EXPECT_FALSE(*result) << "called twice";
    *result = std::move(its_result);
  });
  EXPECT_FALSE(*result) << "called from within send()";
  return result;
}

std::string PoolClient::ask(const http::Url& where, http::Request request, const ClientLimits& limits,
                            std::shared_ptr<const TlsTrust> trust) {
  return wait_for(start(where, std::move(request), limits, std::move(trust)));
}

std::string PoolClient::wait_for(const PendingResult& result) {
  run_until([&] { return result->has_value(); });
  return text_of(result);
}

bool PoolClient::run_until(const std::function<bool()>& holds) {
  const auto last = std::chrono::steady_clock::now() + kPatience;
  const std::function<bool()> enough = [&] { return holds() || std::chrono::steady_clock::now() > last; };
  std::shared_ptr<void> next;
  worker_.keep_running();
  look_again(enough, next);
  worker_.run();
  const bool held = holds();
  EXPECT_TRUE(held) << "waited in vain";
  return held;
}

void PoolClient::look_again(const std::function<bool()>& holds, std::shared_ptr<void>& next) {
  if (holds()) return worker_.stop();
  next = worker_.after(milliseconds(1), [this, &holds, &next] { look_again(holds, next); });
}

void PoolClient::turn() {
  int turns = 0;
  run_until([&] { return ++turns > 3; });
}

}  // namespace callgate::net
