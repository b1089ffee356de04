// SPDX-License-Identifier: Apache-2.0
#pragma once
// One place that keys come from, for all providers that name it: an issuer, asked in the background, or a
// pinned file. Any thread, unless said otherwise.

#include <atomic>
#include <callgate/admin/commands.hpp>
#include <callgate/base/error.hpp>
#include <callgate/config/settings.hpp>
#include <callgate/keys_http/background_keys.hpp>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>

#include "key_history.hpp"
#include "log.hpp"
#include "offset_meter.hpp"

namespace callgate::gateway {

// What makes two sources the same one.
struct KeyPlace {
  oidc::Issuer issuer;
  std::string keys_file;  // pinned; empty: the issuer is asked
  std::string ca_file;
  std::string cache_file;  // last good keys; empty: nowhere
  oidc::KeyCacheSettings cache;

  std::string text() const { return keys_file.empty() ? issuer.discovery : keys_file; }
  friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
};

// A pinned file: a key set with at least one usable key, or what is wrong with it.
base::Result<oidc::Keys> load_key_file(const std::string& path);

class KeySource {
 public:
  // `on_keys` is told, on any thread, that keys() has changed or that a try to change it has ended; it must
  // not call stop().
  KeySource(KeyPlace place, Log& log, std::function<void()> on_keys);

  // Before start(): takes over the keys of a source that asks the same issuer on other terms, so that a
  // change of settings during an outage loses none.
  void inherit(const KeySource& elder);
  // Reads the pinned file or starts to ask the issuer. An error if the pinned file is of no use.
  base::Result<void> start();
  // Ends the background thread; what serves stays as it is. Not from on_keys.
  void stop();
  // Until the first try has ended, well or not, at most `patience`.
  void wait_for_first_outcome(std::chrono::milliseconds patience) const;
  // Reads a pinned file again; a bad one leaves the old set. Otherwise: nothing.
  void reload();

  const KeyPlace& place() const { return place_; }
  void set_providers(std::vector<std::string> names);
  oidc::Keys keys() const;

  // A callback named a key that is not here; once for each callback.
  void count_unknown_kid() { unknown_kids_.fetch_add(1, std::memory_order_relaxed); }
  // A token named a key that is not in the set it was judged with. Says whether on_keys is to be expected
  // soon.
  oidc::Refresh report_unknown_kid(const jose::KeySet* judged_with);
  // A token whose signature held says when it was made. Never waits.
  void observe_issued_at(base::WallTime issued_at, base::WallTime now);
  // Now and then: judges the clock by the tokens seen since.
  void judge_clock();

  admin::HealthCheck health() const;
  admin::KeySourceView view() const;
  void add_counts(std::vector<admin::KeySourceCounts>& out) const;
  admin::RefreshOutcome refresh();

 private:
  void take_pinned(const oidc::Keys& keys);
  void update(const keys_http::KeysUpdate& update);
  void log_failure(const keys_http::KeysUpdate& update);
  void publish(const oidc::Keys& keys, const std::string& source, const std::string& detail);
  void warn_of_clock(std::chrono::milliseconds offset, const std::string& how);
  std::string names() const;  // of the providers, for a log; call with the lock held

  const KeyPlace place_;
  Log& log_;
  const std::function<void()> on_keys_;
  OffsetMeter offset_meter_;
  std::atomic<std::uint64_t> unknown_kids_{0};

  mutable std::mutex mutex_;  // guards what follows
  mutable std::condition_variable tried_;
  bool has_tried_ = false;
  std::vector<std::string> providers_;
  KeyHistory history_;
  bool ready_ = false;  // whoever judges has got the keys
  std::string detail_ = "not fetched yet";
  std::string origin_ = "issuer";  // of the keys that serve
  std::string keys_url_;           // where they were found last
  std::optional<base::MonoTime> confirmed_;
  base::MonoTime next_fetch_{};
  std::optional<oidc::FetchError> last_error_;
  std::optional<std::chrono::milliseconds> clock_offset_;
  std::map<std::string, std::uint64_t> fetches_;  // by result: "ok" or a cause
  std::unique_ptr<keys_http::BackgroundKeys> background_;
};

}  // namespace callgate::gateway
