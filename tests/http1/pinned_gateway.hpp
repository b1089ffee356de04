// SPDX-License-Identifier: Apache-2.0
#pragma once
// The real gateway as a process, trusting one key that was made here and pinned in a file, so that no issuer
// is needed. Its log goes to a file, which is read for reports of the sanitizers and then emptied. The probes
// may be called from any thread.

#include <callgate/mint/signing_key.hpp>
#include <filesystem>
#include <memory>
#include <mutex>
#include <optional>

#include "../e2e/process.hpp"

namespace callgate::http1 {

inline constexpr const char* kPath = "/api/callback";

class PinnedGateway {
 public:
  // `more`: further flags of serve.
  explicit PinnedGateway(const std::string& program, const std::vector<std::string>& more = {});
  ~PinnedGateway();
  PinnedGateway(const PinnedGateway&) = delete;
  PinnedGateway& operator=(const PinnedGateway&) = delete;

  // 0: it did not start, and log() says why.
  std::uint16_t port() const { return port_; }
  const std::string& good_token() const { return good_token_; }
  const std::string& bad_token() const { return bad_token_; }  // its signature does not hold

  // Nothing if a good callback on a fresh connection gets 200 and a bad one 401; else what was seen.
  std::optional<std::string> find_fault(unsigned source = 1) const;
  // What has been logged since the last call, if a sanitizer has reported something in it.
  std::optional<std::string> take_sanitizer_report();
  // Asks it to end; its exit code.
  int stop();
  std::string log() const;

 private:
  std::filesystem::path folder_;
  std::string good_token_, bad_token_;
  std::mutex log_mutex_;
  std::unique_ptr<e2e::Process> process_;
  std::uint16_t port_ = 0;
};

// One CloudEvent of a call, in an array as the service sends it.
std::string event_body();
// POST with Host, Authorization and Content-Length.
std::string callback_text(const std::string& token, const std::string& body);
// One chunk: size in hexadecimal, `extension` as it is, and the data.
std::string chunk_text(std::string_view data, std::string_view extension = {});

}  // namespace callgate::http1
