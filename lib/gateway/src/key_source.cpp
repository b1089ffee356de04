// SPDX-License-Identifier: Apache-2.0
#include "key_source.hpp"

#include <algorithm>
#include <callgate/config/duration.hpp>
#include <callgate/config/file.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <cstdlib>

namespace callgate::gateway {
namespace {

constexpr std::size_t kKeysFileBytesMax = std::size_t{256} * 1024;

std::string count_text(const jose::KeySet& keys) {
  return std::to_string(keys.keys().size()) + (keys.keys().size() == 1 ? " key" : " keys");
}

// "+a -b" : what came and what went; empty if nothing did.
std::string difference(const oidc::Keys& before, const oidc::Keys& after) {
  std::string out;
  if (after) {
    for (const jose::Key& key : after->keys()) {
      if (!before || before->find(key.kid()) == nullptr) out += " +" + key.kid();
    }
  }
  if (before) {
    for (const jose::Key& key : before->keys()) {
      if (!after || after->find(key.kid()) == nullptr) out += " -" + key.kid();
    }
  }
  return out;
}

}  // namespace

KeySource::KeySource(const config::ServeSettings& settings, Log& log, OnKeys on_keys)
    : settings_(settings), log_(log), on_keys_(std::move(on_keys)) {}

base::Result<void> KeySource::start() {
  if (!settings_.provider.keys_file.empty()) {
    auto keys = load_pinned();
    if (!keys) return tl::unexpected(keys.error());
    publish(*keys, "pinned in a file");
    return {};
  }
  background_ = std::make_unique<keys_http::BackgroundKeys>(
      keys_http::BackgroundKeys::Settings{
          .issuer = settings_.provider.issuer,
          .cache = settings_.key_cache,
          .file = settings_.keys_cache_file,
          .on_trouble = [this](const std::string& what) { log_.message(Level::warning, what); }},
      keys_http::make_curl_fetcher({.ca_file = settings_.provider.ca_file}),
      [this](const keys_http::KeysUpdate& news) { update(news); });
  return {};
}

base::Result<oidc::Keys> KeySource::load_pinned() const {
  const std::string& path = settings_.provider.keys_file;
  const auto text = config::load_file(path, kKeysFileBytesMax);
  if (!text) return tl::unexpected(text.error());
  auto keys = jose::KeySet::parse(*text);
  if (!keys) return base::fail("--keys '" + path + "': " + keys.error().message);
  if (keys->keys().empty()) {
    const std::string why = keys->skipped().empty() ? "" : " (" + keys->skipped().front().why + ")";
    return base::fail("--keys '" + path + "' holds no usable key" + why);
  }
  return std::make_shared<const jose::KeySet>(std::move(*keys));
}

void KeySource::reload() {
  if (settings_.provider.keys_file.empty()) return;
  auto keys = load_pinned();
  if (!keys) return log_.message(Level::error, "reload: " + keys.error().message + "; the old keys stay");
  publish(*keys, "pinned in a file");
}

oidc::Refresh KeySource::report_unknown_kid() {
  return background_ ? background_->report_unknown_kid() : oidc::Refresh::later;
}

void KeySource::update(const keys_http::KeysUpdate& news) {
  std::string detail = news.fetched ? "fetched"
                       : news.keys  ? "kept from an earlier run"
                                    : "too old to be trusted";
  if (news.failure) {
    const auto pause =
        std::chrono::duration_cast<std::chrono::milliseconds>(news.next_fetch - base::system_clock().mono());
    detail = news.failure->message;
    log_.message(Level::warning,
                 "keys: " + detail + "; next try in " +
                     config::format_duration(std::chrono::ceil<std::chrono::seconds>(pause)) +
                     (news.keys ? ", the old keys serve meanwhile" : ", callbacks get 503 meanwhile"));
  }
  if (news.clock_offset) judge_clock(*news.clock_offset);
  publish(news.keys, detail);
}

// The Date field is good to a second, the way there and back to some more.
void KeySource::judge_clock(std::chrono::milliseconds offset) {
  constexpr std::chrono::seconds kWorthAWord{15};
  if (offset < kWorthAWord && offset > -kWorthAWord) return;
  const auto seconds = std::chrono::round<std::chrono::seconds>(offset).count();
  log_.message(Level::warning, "clock: the issuer's clock is " + std::to_string(std::abs(seconds)) + " s " +
                                   (seconds > 0 ? "ahead of" : "behind") +
                                   " ours; tokens will be misjudged, compare ours with a time server");
}

void KeySource::publish(const oidc::Keys& keys, const std::string& detail) {
  on_keys_(keys);  // before health says so: whoever sees "ready" is judged with these keys
  std::string changes;
  {
    const std::lock_guard lock(mutex_);
    changes = difference(published_, keys);
    published_ = keys;
    health_.ok = keys != nullptr;
    health_.detail = (keys ? count_text(*keys) : "none") + ": " + detail;
  }
  if (!changes.empty()) log_.message(Level::info, "keys changed:" + changes);
}

admin::HealthCheck KeySource::health() const {
  const std::lock_guard lock(mutex_);
  return health_;
}

}  // namespace callgate::gateway
