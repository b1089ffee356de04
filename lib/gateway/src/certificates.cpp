// SPDX-License-Identifier: Apache-2.0
#include "certificates.hpp"

namespace callgate::gateway {

base::Result<void> Certificates::use(const std::optional<config::TlsSettings>& settings) {
  FileWatch watch;
  std::shared_ptr<const net::TlsContext> context;
  if (settings) {
    // Watched from before they are read: what is written meanwhile is a change.
    watch = FileWatch({settings->certificate, settings->key, settings->client_ca});
    auto loaded = net::TlsContext::load({settings->certificate, settings->key, settings->client_ca});
    if (!loaded) return tl::unexpected(loaded.error());
    context = std::move(*loaded);
    if (!context->warning().empty()) log_->message(Level::warning, "tls: " + context->warning());
    if (context_ == nullptr || context_->fingerprint() != context->fingerprint())
      log_->message(Level::info, "tls: serving the certificate with SHA-256 " + context->fingerprint());
  }
  settings_ = settings;
  watch_ = std::move(watch);
  context_ = std::move(context);
  return {};
}

bool Certificates::reload_if_changed() {
  if (!settings_ || !watch_.has_changed()) return false;
  const FileWatch seen = watch_;
  if (auto used = use(settings_); !used) {
    watch_ = seen;
    log_->message(Level::error, "tls: " + used.error().message + "; the old certificate stays");
    return false;
  }
  return true;
}

}  // namespace callgate::gateway
