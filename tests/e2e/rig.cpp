// SPDX-License-Identifier: Apache-2.0
#include "rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>

namespace callgate::e2e {

LocalServer::LocalServer(std::function<void(std::shared_ptr<net::Exchange>)> handler)
    : listener_(*net::Listener::bind({"127.0.0.1", 0}, 1)) {
  server_.emplace(worker_, listener_, 0, http::Limits{}, std::move(handler),
                  [](const refusal::Refusal& refusal) {
                    return http::Response{400, {}, refusal.detail};
                  });
  worker_.keep_running();
  thread_ = std::thread([this] { worker_.run(); });
}

LocalServer::~LocalServer() {
  worker_.stop();
  thread_.join();
}

TestIssuer::TestIssuer()
    : key_(*mint::SigningKey::generate_rsa(2048)), server_([this](std::shared_ptr<net::Exchange> exchange) {
        exchange->answer(answer(exchange->head().path()));
      }) {}

mint::SigningKey TestIssuer::key() const {
  const std::lock_guard lock(mutex_);
  return key_;
}

void TestIssuer::rotate() {
  auto next = *mint::SigningKey::generate_rsa(2048);
  const std::lock_guard lock(mutex_);
  key_ = next;
}

std::string TestIssuer::key_set() const {
  const mint::SigningKey current = key();
  return mint::key_set(&current, 1);
}

http::Response TestIssuer::answer(std::string_view path) {
  if (down_) return {503, {}, "down"};
  if (path == "/calling/keys") {
    ++fetches_;
    return {200, {{"Content-Type", "application/json"}}, key_set()};
  }
  return {200, {}, R"({"issuer":")" + url() + R"(","jwks_uri":")" + url() + R"(/calling/keys"})"};
}

std::string TestIssuer::claims(const std::vector<std::pair<std::string, std::string>>& changes) const {
  const std::int64_t now = now_seconds();
  std::vector<std::pair<std::string, std::string>> members{
      {"iss", "\"" + url() + "\""},       {"aud", "\"" + std::string(kAudience) + "\""},
      {"exp", std::to_string(now + 300)}, {"nbf", std::to_string(now)},
      {"iat", std::to_string(now)},       {"jti", "\"j-" + std::to_string(now) + "\""}};
  for (const auto& [name, value] : changes) {
    std::erase_if(members, [&](const auto& member) { return member.first == name; });
    if (value != "-") members.emplace_back(name, value);
  }
  std::string text;
  for (const auto& [name, value] : members) text += (text.empty() ? "{\"" : ",\"") + name + "\":" + value;
  return text + "}";
}

std::string TestIssuer::token(const std::vector<std::pair<std::string, std::string>>& changes) const {
  const mint::SigningKey current = key();
  return mint::sign_token(current, R"({"alg":"RS256","typ":"JWT","kid":")" + current.kid() + "\"}",
                          claims(changes));
}

std::string TestIssuer::token_with_header(const std::string& header) const {
  return mint::sign_token(key(), header, claims());
}

std::vector<std::string> gateway_flags(const std::string& issuer, const std::vector<std::string>& more) {
  std::vector<std::string> flags{"serve",       "--listen", "127.0.0.1:0", "--admin",
                                 "127.0.0.1:0", "--issuer", issuer,        "--insecure-http-issuer",
                                 "--audience",  kAudience};
  if (std::find(more.begin(), more.end(), "--keys-refresh-window") == more.end()) {
    flags.insert(flags.end(), {"--keys-refresh-window", "1s"});
  }
  flags.insert(flags.end(), more.begin(), more.end());
  return flags;
}

Gateway::Gateway(const std::string& issuer, const std::vector<std::string>& more)
    : process_(CALLGATE_PROGRAM, gateway_flags(issuer, more)) {
  const auto line = process_.wait_for_line("callgate ready ");
  if (!line) {
    ADD_FAILURE() << "the gateway did not start: " << process_.errors();
    return;
  }
  address_ = value_of(*line, "listen");
  admin_ = value_of(*line, "admin");
}

bool Gateway::becomes_ready(std::chrono::milliseconds patience) const {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  while (std::chrono::steady_clock::now() < deadline) {
    if (get(admin_, "/readyz").status == 200) return true;
    std::this_thread::yield();
  }
  return false;
}

Answer Gateway::callback(const std::string& token, const std::string& body) const {
  return post(address_, kPath, bearer(token), body);
}

std::string event_body() {
  return R"([{"id":"7e570001-0000-4000-8000-000000000001","source":"calling/callConnections/3a9f5c10","type":"Microsoft.Communication.CallConnected","data":{"version":"2026-03-12","callConnectionId":"3a9f5c10","publicEventType":"Microsoft.Communication.CallConnected","participant":"4:+12065550143"},"time":"2026-09-30T08:15:42.1234567+00:00","specversion":"1.0","datacontenttype":"application/json","subject":"calling/callConnections/3a9f5c10"}])";
}

http::Headers bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace callgate::e2e
