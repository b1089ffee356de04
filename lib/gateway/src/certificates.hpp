// SPDX-License-Identifier: Apache-2.0
#pragma once
// The certificate that new connections are shown. A bad new pair of files leaves the old one in use. Main
// thread.

#include <callgate/config/settings.hpp>
#include <callgate/net/tls.hpp>
#include <memory>
#include <optional>

#include "file_watch.hpp"
#include "log.hpp"

namespace callgate::gateway {

class Certificates {
 public:
  explicit Certificates(Log& log) : log_(&log) {}

  // Loads what the settings name. An error leaves everything as it was.
  base::Result<void> use(const std::optional<config::TlsSettings>& settings);
  // Loads the files again if one of them has changed; true if another certificate is in use now. Trouble is
  // logged.
  bool reload_if_changed();
  // Null: plain HTTP.
  const std::shared_ptr<const net::TlsContext>& context() const { return context_; }

 private:
  Log* log_;
  std::optional<config::TlsSettings> settings_;
  FileWatch watch_;
  std::shared_ptr<const net::TlsContext> context_;
};

}  // namespace callgate::gateway
