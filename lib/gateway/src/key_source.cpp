// SPDX-License-Identifier: Apache-2.0
#include "key_source.hpp"

#include <callgate/config/duration.hpp>
#include <callgate/config/file.hpp>
#include <callgate/config/proxies.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <cstdlib>

namespace callgate::gateway {
namespace {

constexpr std::size_t kKeysFileBytesMax = std::size_t{256} * 1024;

std::string count_text(const jose::KeySet& keys) {
  return std::to_string(keys.keys().size()) + (keys.keys().size() == 1 ? " key" : " keys");
}

double seconds_between(base::MonoTime from, base::MonoTime to) {
  return std::chrono::duration<double>(to - from).count();
}

}  // namespace

base::Result<oidc::Keys> load_key_file(const std::string& path) {
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

KeySource::KeySource(KeyPlace place, Log& log, std::function<void()> on_keys)
    : place_(std::move(place)), log_(log), on_keys_(std::move(on_keys)) {}

base::Result<void> KeySource::start() {
  if (!place_.keys_file.empty()) {
    auto keys = load_key_file(place_.keys_file);
    if (!keys) return tl::unexpected(keys.error());
    take_pinned(*keys);
    return {};
  }
  oidc::Keys known;
  base::MonoTime known_confirmed{};
  {
    const std::lock_guard lock(mutex_);
    if (confirmed_) {
      known = history_.keys();
      known_confirmed = *confirmed_;
    }
  }
  auto background = std::make_unique<keys_http::BackgroundKeys>(
      keys_http::BackgroundKeys::Settings{
          .issuer = place_.issuer,
          .cache = place_.cache,
          .file = place_.cache_file,
          .known = std::move(known),
          .known_confirmed = known_confirmed,
          .on_trouble = [this](const std::string& what) { log_.message(Level::warning, what); }},
      keys_http::make_curl_fetcher({.ca_file = place_.ca_file, .proxies = config::read_proxies()}),
      [this](const keys_http::KeysUpdate& news) { update(news); });
  const std::lock_guard lock(mutex_);
  background_ = std::move(background);
  return {};
}

void KeySource::inherit(const KeySource& elder) {
  const std::scoped_lock lock(mutex_, elder.mutex_);
  history_ = elder.history_;
  confirmed_ = elder.confirmed_;
  origin_ = elder.origin_;
  keys_url_ = elder.keys_url_;
}

void KeySource::stop() {
  std::unique_ptr<keys_http::BackgroundKeys> ending;
  const std::unique_lock lock(mutex_);
  ending = std::move(background_);
  // `lock` goes first: the thread that is joined may be waiting for it.
}

void KeySource::wait_for_first_outcome(std::chrono::milliseconds patience) const {
  std::unique_lock lock(mutex_);
  tried_.wait_for(lock, patience, [this] { return has_tried_; });
}

void KeySource::take_pinned(const oidc::Keys& keys) {
  {
    const std::lock_guard lock(mutex_);
    confirmed_ = base::system_clock().mono();
  }
  publish(keys, "file", "pinned in a file");
}

void KeySource::reload() {
  if (place_.keys_file.empty()) return;
  auto keys = load_key_file(place_.keys_file);
  if (!keys) return log_.message(Level::error, "reload: " + keys.error().message + "; the old keys stay");
  take_pinned(*keys);
}

void KeySource::set_providers(std::vector<std::string> names) {
  const std::lock_guard lock(mutex_);
  providers_ = std::move(names);
}

oidc::Keys KeySource::keys() const {
  const std::lock_guard lock(mutex_);
  return history_.keys();
}

oidc::Refresh KeySource::report_unknown_kid(const jose::KeySet* judged_with) {
  const std::lock_guard lock(mutex_);
  return background_ ? background_->report_unknown_kid(judged_with) : oidc::Refresh::later;
}

void KeySource::update(const keys_http::KeysUpdate& news) {
  std::string detail = news.fetched ? "fetched"
                       : news.keys  ? (news.restored ? "kept from an earlier run" : "kept over a reload")
                                    : "too old to be trusted";
  std::string origin, moved_from;
  {
    const std::lock_guard lock(mutex_);
    if (!news.keys_url.empty() && news.keys_url != keys_url_)
      moved_from = std::exchange(keys_url_, news.keys_url);
    confirmed_ = news.confirmed;
    next_fetch_ = news.next_fetch;
    if (news.restored) origin_ = "cache";
    if (news.fetched) {
      last_error_ = news.failure;
      if (!news.failure) origin_ = "issuer";
      ++fetches_[news.failure ? std::string(oidc::to_text(news.failure->cause)) : "ok"];
    }
    if (news.clock_offset) clock_offset_ = news.clock_offset;
    origin = origin_;
  }
  if (news.failure) detail = news.failure->message;
  if (!moved_from.empty()) {
    log_.message(Level::warning, "keys: the discovery document of " + place_.issuer.issuer +
                                     " names another place now, " + news.keys_url + " for " + moved_from);
  }
  if (news.clock_offset) warn_of_clock(*news.clock_offset, "by its Date field");
  publish(news.keys, origin, detail);
  if (news.failure) log_failure(news);
  if (!news.fetched) return;
  const std::lock_guard lock(mutex_);
  has_tried_ = true;
  tried_.notify_all();
}

void KeySource::log_failure(const keys_http::KeysUpdate& news) {
  const auto pause = news.next_fetch - base::system_clock().mono();
  log_.message(Level::warning,
               "keys: " + news.failure->message + "; next try in " +
                   config::format_duration(std::chrono::ceil<std::chrono::seconds>(pause)) +
                   (news.keys ? ", the old keys serve meanwhile" : ", callbacks get 503 meanwhile"));
}

void KeySource::publish(const oidc::Keys& keys, const std::string& source, const std::string& detail) {
  std::string changes;
  {
    const std::lock_guard lock(mutex_);
    changes = history_.note(keys, source, base::system_clock().wall());
    if (!changes.empty()) changes = "keys of " + names() + " changed: " + changes;
  }
  // Also when nothing changed: whoever waits for this try is judged again. Before health says so: whoever
  // sees "ready" is judged with these keys.
  on_keys_();
  {
    const std::lock_guard lock(mutex_);
    detail_ = detail;
    ready_ = keys != nullptr;
  }
  if (!changes.empty()) log_.message(Level::info, changes);
}

// ---- The clock. ----

void KeySource::observe_issued_at(base::WallTime issued_at, base::WallTime now) {
  offset_meter_.observe(issued_at, now);
}

void KeySource::judge_clock() {
  const auto offset = offset_meter_.take(base::system_clock().wall());
  if (!offset) return;
  {
    const std::lock_guard lock(mutex_);
    clock_offset_ = offset;
  }
  warn_of_clock(*offset, "by its tokens");
}

void KeySource::warn_of_clock(std::chrono::milliseconds offset, const std::string& how) {
  constexpr std::chrono::seconds kWorthAWord{15};
  if (offset < kWorthAWord && offset > -kWorthAWord) return;
  const auto seconds = std::chrono::round<std::chrono::seconds>(offset).count();
  log_.message(Level::warning, "clock: the clock of " + place_.issuer.issuer + " is, " + how + ", " +
                                   std::to_string(std::abs(seconds)) + " s " +
                                   (seconds > 0 ? "ahead of" : "behind") +
                                   " ours; tokens will be misjudged, compare ours with a time server");
}

// ---- What people and monitors see. ----

std::string KeySource::names() const {
  std::string out;
  for (const std::string& name : providers_) out += (out.empty() ? "" : ", ") + name;
  return out;
}

admin::HealthCheck KeySource::health() const {
  const std::lock_guard lock(mutex_);
  const oidc::Keys& keys = history_.keys();
  return {"keys of " + names(), ready_, (keys ? count_text(*keys) : "none") + ": " + detail_};
}

admin::KeySourceView KeySource::view() const {
  const base::MonoTime now = base::system_clock().mono();
  const std::lock_guard lock(mutex_);
  admin::KeySourceView view;
  view.providers = providers_;
  view.issuer = place_.issuer.issuer;
  view.from = place_.text();
  view.serving = history_.keys() != nullptr;
  view.keys = history_.seen();
  if (view.serving) {
    for (const jose::SkippedKey& key : history_.keys()->skipped())
      view.not_used.emplace_back(key.kid, key.why);
  }
  if (confirmed_) view.age_seconds = seconds_between(*confirmed_, now);
  if (background_) view.next_refresh_seconds = std::max(0.0, seconds_between(now, next_fetch_));
  if (last_error_) {
    view.last_error_cause = std::string(oidc::to_text(last_error_->cause));
    view.last_error = last_error_->message;
  }
  if (clock_offset_) view.clock_offset_seconds = std::chrono::duration<double>(*clock_offset_).count();
  return view;
}

void KeySource::add_counts(std::vector<admin::KeySourceCounts>& out) const {
  const admin::KeySourceView seen = view();
  const std::lock_guard lock(mutex_);
  for (const std::string& provider : providers_) {
    out.push_back({.provider = provider,
                   .fetches = {fetches_.begin(), fetches_.end()},
                   .unknown_kids = unknown_kids_.load(std::memory_order_relaxed),
                   .age_seconds = seen.age_seconds,
                   .keys = seen.keys.size(),
                   .clock_offset_seconds = seen.clock_offset_seconds});
  }
}

admin::RefreshOutcome KeySource::refresh() {
  if (!place_.keys_file.empty()) reload();
  const std::lock_guard lock(mutex_);
  std::string outcome = "pinned";
  if (background_) outcome = background_->demand_refresh() ? "started" : "under_way";
  return {providers_, outcome};
}

}  // namespace callgate::gateway
