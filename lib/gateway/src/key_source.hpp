// SPDX-License-Identifier: Apache-2.0
#pragma once
// Where this gateway's keys come from: the issuer, in the background, or a pinned file. Tells every change to
// one listener and keeps what the health page shows. Any thread.

#include <callgate/admin/health.hpp>
#include <callgate/base/error.hpp>
#include <callgate/config/settings.hpp>
#include <callgate/keys_http/background_keys.hpp>
#include <functional>
#include <memory>
#include <mutex>

#include "log.hpp"

namespace callgate::gateway {

class KeySource {
 public:
  using OnKeys = std::function<void(oidc::Keys)>;

  KeySource(const config::ServeSettings& settings, Log& log, OnKeys on_keys);

  // Reads the pinned file or starts fetching. An error if the pinned file is of no use.
  base::Result<void> start();
  // Reads a pinned file again; a bad one leaves the old set. Without one: nothing.
  void reload();
  // A token named a key that is not there. Says whether an update is to be expected soon.
  oidc::Refresh report_unknown_kid();
  admin::HealthCheck health() const;

 private:
  base::Result<oidc::Keys> load_pinned() const;
  void update(const keys_http::KeysUpdate& update);
  void judge_clock(std::chrono::milliseconds offset);
  void publish(const oidc::Keys& keys, const std::string& detail);

  const config::ServeSettings& settings_;
  Log& log_;
  OnKeys on_keys_;
  mutable std::mutex mutex_;  // guards health_ and published_
  admin::HealthCheck health_{"keys", false, "not fetched yet"};
  oidc::Keys published_;
  std::unique_ptr<keys_http::BackgroundKeys> background_;  // last: its thread ends first
};

}  // namespace callgate::gateway
