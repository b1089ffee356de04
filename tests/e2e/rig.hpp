// SPDX-License-Identifier: Apache-2.0
#pragma once
// What most end-to-end tests need: an issuer inside the test (discovery and keys, with faults at will),
// tokens signed by it, and a gateway that trusts it.

#include <atomic>
#include <callgate/mint/signing_key.hpp>
#include <callgate/net/server.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include "process.hpp"
#include "wire.hpp"

namespace callgate::e2e {

inline constexpr const char* kAudience = "5d0c7e14-92ab-4c3f-a1d8-e67b30f59c21";
inline constexpr const char* kPath = "/api/callback";

// An HTTP server inside the test; the handler runs on its thread.
class LocalServer {
 public:
  // With `tls`: over https, as "localhost". `host` is an address of this machine.
  explicit LocalServer(std::function<void(std::shared_ptr<net::Exchange>)> handler,
                       std::shared_ptr<const net::TlsContext> tls = nullptr,
                       const std::string& host = "127.0.0.1");
  ~LocalServer();
  LocalServer(const LocalServer&) = delete;
  LocalServer& operator=(const LocalServer&) = delete;
  std::string address() const { return listener_.where().text(); }
  std::string url() const;
  net::Worker& worker() { return worker_; }

 private:
  net::Worker worker_;
  net::Listener listener_;
  const bool secure_;
  std::optional<net::Server> server_;
  std::thread thread_;
};

class TestIssuer {
 public:
  explicit TestIssuer(std::shared_ptr<const net::TlsContext> tls = nullptr,
                      const std::string& host = "127.0.0.1");
  std::string url() const { return server_.url(); }
  std::string address() const { return server_.address(); }
  void set_down(bool down) { down_ = down; }
  void rotate();  // the old key is withdrawn
  void rotate(const std::string& kid);
  // Answers itself what `answer` answers; nothing: as usual.
  using Instead = std::function<std::optional<http::Response>(std::string_view path)>;
  void answer_instead(Instead answer);
  // Requests for keys wait until release().
  void hold() { held_ = true; }
  void release();
  mint::SigningKey key() const;
  std::string key_set() const;
  int fetches() const { return fetches_; }

  // Claims as the service makes them; `changes` replaces or (with the value "-") removes members, values are
  // JSON.
  std::string claims(const std::vector<std::pair<std::string, std::string>>& changes = {}) const;
  std::string token(const std::vector<std::pair<std::string, std::string>>& changes = {}) const;
  std::string token_with_header(const std::string& header) const;

 private:
  http::Response answer(std::string_view path);
  void handle(std::shared_ptr<net::Exchange> exchange);
  mutable std::mutex mutex_;  // guards the two that follow
  mint::SigningKey key_;
  Instead instead_;
  std::atomic<bool> down_{false};
  std::atomic<int> fetches_{0};
  std::atomic<bool> held_{false};
  std::vector<std::shared_ptr<net::Exchange>> waiting_;  // the server's thread alone
  LocalServer server_;
};

// A folder of its own for a test's files; gone with it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string path(const std::string& name) const { return path_ + "/" + name; }
  // Replaces the file whole, as an editor does; mode 0600.
  std::string write(const std::string& name, const std::string& text) const;
  // A certificate for localhost, signed by itself, with its key: NAME.pem and NAME.key.
  void make_certificate(const std::string& name, const std::string& key_type = "ec") const;

 private:
  std::string path_;
};

class Gateway {
 public:
  // Runs with these arguments alone, which say that it listens on free ports.
  static Gateway with(const std::vector<std::string>& arguments) { return Gateway(arguments); }
  // Trusts `issuer`, listens on free ports; more flags follow.
  explicit Gateway(const std::string& issuer, const std::vector<std::string>& more = {});
  const std::string& address() const { return address_; }
  const std::string& admin() const { return admin_; }
  Process& process() { return process_; }
  // Asks /readyz until it says so; false after `patience`.
  bool becomes_ready(std::chrono::milliseconds patience = std::chrono::seconds{20}) const;
  Answer callback(const std::string& token, const std::string& body) const;

 private:
  explicit Gateway(const std::vector<std::string>& arguments);
  Process process_;
  std::string address_, admin_;
};

std::vector<std::string> gateway_flags(const std::string& issuer, const std::vector<std::string>& more);

// One CloudEvent of a call, in an array as the service sends it.
std::string event_body();
// The head of a callback whose sender waits for "100 Continue" before it sends the body.
std::string expecting_head(const std::string& token, const std::string& body);
http::Headers bearer(const std::string& token);
std::int64_t now_seconds();

}  // namespace callgate::e2e
