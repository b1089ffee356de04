// SPDX-License-Identifier: Apache-2.0
#include "rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace callgate::e2e {

LocalServer::LocalServer(std::function<void(std::shared_ptr<net::Exchange>)> handler,
                         std::shared_ptr<const net::TlsContext> tls, const std::string& host)
    : listener_(*net::Listener::bind({host, 0}, 1)), secure_(tls != nullptr) {
  net::ServerOptions options;
  options.tls = std::move(tls);
  server_.emplace(worker_, listener_, 0, options, std::move(handler),
                  [](const refusal::Refusal& refusal, const http::Address& /*peer*/) {
                    return http::Response{400, {}, refusal.detail};
                  });
  worker_.keep_running();
  thread_ = std::thread([this] { worker_.run(); });
}

std::string LocalServer::url() const {
  if (!secure_) return "http://" + address();
  return "https://localhost:" + std::to_string(listener_.where().port);
}

LocalServer::~LocalServer() {
  worker_.stop();
  thread_.join();
}

TestIssuer::TestIssuer(std::shared_ptr<const net::TlsContext> tls, const std::string& host)
    : key_(*mint::SigningKey::generate_rsa(2048)),
      server_([this](std::shared_ptr<net::Exchange> exchange) { handle(std::move(exchange)); },
              std::move(tls), host) {}

void TestIssuer::handle(std::shared_ptr<net::Exchange> exchange) {
  if (held_ && exchange->head().path() == "/calling/keys") return waiting_.push_back(std::move(exchange));
  exchange->answer(answer(exchange->head().path()));
}

void TestIssuer::release() {
  server_.worker().post([this] {
    held_ = false;
    for (const auto& exchange : std::exchange(waiting_, {}))
      exchange->answer(answer(exchange->head().path()));
  });
}

mint::SigningKey TestIssuer::key() const {
  const std::lock_guard lock(mutex_);
  return key_;
}

void TestIssuer::answer_instead(Instead answer) {
  const std::lock_guard lock(mutex_);
  instead_ = std::move(answer);
}

void TestIssuer::rotate() {
  rotate({});
}

void TestIssuer::rotate(const std::string& kid) {
  auto next = *mint::SigningKey::generate_rsa(2048, kid);
  const std::lock_guard lock(mutex_);
  key_ = next;
}

std::string TestIssuer::key_set() const {
  const mint::SigningKey current = key();
  return mint::key_set(&current, 1);
}

http::Response TestIssuer::answer(std::string_view path) {
  if (down_) return {503, {}, "down"};
  Instead instead;
  {
    const std::lock_guard lock(mutex_);
    instead = instead_;
  }
  if (auto answer = instead ? instead(path) : std::nullopt) return std::move(*answer);
  if (path == "/calling/keys") {
    ++fetches_;
    return {200, {{"Content-Type", "application/json"}}, key_set()};
  }
  return {200, {}, R"({"issuer":")" + url() + R"(","jwks_uri":")" + url() + R"(/calling/keys"})"};
}

std::string TestIssuer::claims(const std::vector<std::pair<std::string, std::string>>& changes) const {
  static std::atomic<std::uint64_t> tokens{0};  // so that no two are the same
  const std::int64_t now = now_seconds();
  std::vector<std::pair<std::string, std::string>> members{
      {"iss", "\"" + url() + "\""},
      {"aud", "\"" + std::string(kAudience) + "\""},
      {"exp", std::to_string(now + 300)},
      {"nbf", std::to_string(now)},
      {"iat", std::to_string(now)},
      {"jti", "\"j-" + std::to_string(now) + "-" + std::to_string(++tokens) + "\""}};
  for (const auto& [name, value] : changes) {
    std::erase_if(members, [&name = name](const auto& member) { return member.first == name; });
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

Folder::Folder() : path_(testing::TempDir() + "callgate-XXXXXX") {
  if (mkdtemp(path_.data()) == nullptr) ADD_FAILURE() << "cannot make a folder below " << testing::TempDir();
}

Folder::~Folder() {
  std::filesystem::remove_all(path_);
}

std::string Folder::write(const std::string& name, const std::string& text) const {
  const std::string next = path(name + ".next");
  {
    std::ofstream file(next);
    file << text;
  }
  std::filesystem::permissions(next,
                               std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  std::filesystem::rename(next, path(name));
  return path(name);
}

void Folder::make_certificate(const std::string& name, const std::string& key_type) const {
  std::vector<std::string> arguments{"req",
                                     "-x509",
                                     "-nodes",
                                     "-days",
                                     "30",
                                     "-subj",
                                     "/CN=localhost",
                                     "-addext",
                                     "subjectAltName=DNS:localhost",
                                     "-keyout",
                                     path(name + ".key.next"),
                                     "-out",
                                     path(name + ".pem.next"),
                                     "-newkey"};
  if (key_type == "ec") {
    arguments.insert(arguments.end(), {"ec", "-pkeyopt", "ec_paramgen_curve:P-256"});
  } else {
    arguments.emplace_back("rsa:2048");
  }
  Process openssl("/usr/bin/openssl", arguments);
  if (openssl.wait() != 0) ADD_FAILURE() << openssl.errors();
  for (const char* suffix : {".key", ".pem"})
    std::filesystem::rename(path(name + suffix + ".next"), path(name + suffix));
}

Gateway::Gateway(const std::string& issuer, const std::vector<std::string>& more)
    : Gateway(gateway_flags(issuer, more)) {}

Gateway::Gateway(const std::vector<std::string>& arguments) : process_(CALLGATE_PROGRAM, arguments) {
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

std::string expecting_head(const std::string& token, const std::string& body) {
  return std::string("POST ") + kPath +
         " HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nAuthorization: Bearer " + token +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n";
}

http::Headers bearer(const std::string& token) {
  return {{"Authorization", "Bearer " + token}, {"Content-Type", "application/json"}};
}

std::int64_t now_seconds() {
  return std::chrono::duration_cast<std::chrono::seconds>(std::chrono::system_clock::now().time_since_epoch())
      .count();
}

}  // namespace callgate::e2e
