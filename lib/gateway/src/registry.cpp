// SPDX-License-Identifier: Apache-2.0
#include "registry.hpp"

#include <algorithm>
#include <callgate/digest/sha2.hpp>
#include <map>

namespace callgate::gateway {
namespace {

using config::ProviderSettings;
using config::ServeSettings;
using Sources = std::vector<std::shared_ptr<KeySource>>;
using Trusts = std::vector<std::shared_ptr<const net::TlsTrust>>;

bool is_same_endpoint(const ProviderSettings& a, const ProviderSettings& b) {
  return a.issuer == b.issuer && a.keys_file == b.keys_file && a.ca_file == b.ca_file;
}

// The file of a source's last good keys: the configured one if it is the only source, else one for each.
std::string cache_file_of(const ServeSettings& settings, const ProviderSettings& first_user) {
  const std::string& file = settings.keys_cache_file;
  if (file.empty() || !first_user.keys_file.empty()) return {};
  const bool alone = std::all_of(
      settings.providers.begin(), settings.providers.end(),
      [&](const auto& other) { return !other.keys_file.empty() || is_same_endpoint(other, first_user); });
  return alone ? file : file + "." + first_user.provider.name;
}

KeyPlace place_of(const ServeSettings& settings, const ProviderSettings& first_user) {
  return {.issuer = first_user.issuer,
          .keys_file = first_user.keys_file,
          .ca_file = first_user.ca_file,
          .cache_file = cache_file_of(settings, first_user),
          .cache = settings.key_cache};
}

std::shared_ptr<KeySource> find_place(const Sources& sources, const KeyPlace& place) {
  const auto found = std::find_if(sources.begin(), sources.end(),
                                  [&](const auto& source) { return source->place() == place; });
  return found == sources.end() ? nullptr : *found;
}

// One that asks the same issuer, though at another pace or with another file.
std::shared_ptr<KeySource> find_elder(const Sources& sources, const KeyPlace& place) {
  const auto found = std::find_if(sources.begin(), sources.end(), [&](const auto& source) {
    const KeyPlace& other = source->place();
    return other.keys_file.empty() && other.issuer == place.issuer && other.ca_file == place.ca_file;
  });
  return found == sources.end() || !place.keys_file.empty() ? nullptr : *found;
}

Sources distinct(const Sources& sources) {
  Sources once;
  for (const auto& source : sources) {
    if (std::find(once.begin(), once.end(), source) == once.end()) once.push_back(source);
  }
  return once;
}

// Whom the routes trust towards https upstreams. Routes with the same file share what was read of it: their
// connections can then be shared as well.
base::Result<Trusts> load_trusts(const ServeSettings& settings) {
  std::map<std::string, std::shared_ptr<const net::TlsTrust>> by_file;
  Trusts trusts;
  for (const config::RouteSettings& route : settings.routes) {
    if (!route.upstream || route.upstream->scheme != "https") {
      trusts.emplace_back();
      continue;
    }
    auto& trust = by_file[route.upstream_ca];
    if (!trust) {
      auto loaded = net::TlsTrust::load(route.upstream_ca);
      if (!loaded) return base::fail("upstream_ca: " + loaded.error().message);
      trust = std::move(*loaded);
    }
    trusts.push_back(trust);
  }
  return trusts;
}

// A pinned file may be read well and yet be another than before: those are read again.
base::Result<void> begin(KeySource& source, std::chrono::milliseconds patience) {
  if (auto started = source.start(); !started) return started;
  if (source.place().keys_file.empty() && !source.keys()) source.wait_for_first_outcome(patience);
  return {};
}

void name_providers(const ServeSettings& settings, const Sources& sources) {
  for (const auto& source : distinct(sources)) {
    std::vector<std::string> names;
    for (std::size_t i = 0; i < sources.size(); ++i) {
      if (sources[i] == source) names.push_back(settings.providers[i].provider.name);
    }
    source->set_providers(std::move(names));
  }
}

// Which keys a callback was judged with, as one short word for its record.
std::string digest_of(const oidc::Keys& keys) {
  if (keys == nullptr) return "";
  std::vector<std::string> thumbprints;
  for (const jose::Key& key : keys->keys()) thumbprints.push_back(key.thumbprint() + " " + key.kid());
  std::sort(thumbprints.begin(), thumbprints.end());
  std::string text;
  for (const std::string& thumbprint : thumbprints) text += thumbprint + "\n";
  return digest::to_hex(digest::hash(digest::Sha2::sha256, text).view());
}

}  // namespace

Registry::Registry(Log& log, Slots& slots, OnJudging on_judging)
    : log_(log), slots_(slots), on_judging_(std::move(on_judging)) {}

Registry::~Registry() {
  for (const auto& source : distinct(sources_)) source->stop();
}

base::Result<void> Registry::use(std::shared_ptr<const ServeSettings> settings,
                                 std::chrono::milliseconds patience) {
  auto trusts = load_trusts(*settings);
  if (!trusts) return tl::unexpected(trusts.error());
  Sources sources, fresh;
  for (const ProviderSettings& provider : settings->providers) {
    const auto same = std::find_if(settings->providers.begin(), settings->providers.end(),
                                   [&](const auto& other) { return is_same_endpoint(other, provider); });
    const KeyPlace place = place_of(*settings, *same);
    auto source = find_place(sources, place);
    if (!source) source = find_place(sources_, place);
    if (!source) {
      source = std::make_shared<KeySource>(place, log_, [this] { publish(); });
      source->set_providers({same->provider.name});
      if (const auto elder = find_elder(sources_, place)) source->inherit(*elder);
      fresh.push_back(source);
    }
    sources.push_back(std::move(source));
  }
  for (const auto& source : fresh) {
    auto begun = begin(*source, patience);
    if (begun) continue;
    for (const auto& other : fresh) other->stop();
    return begun;
  }
  Sources retired;
  {
    const std::lock_guard lock(mutex_);
    retired = distinct(std::exchange(sources_, sources));
    settings_ = std::move(settings);
    trusts_ = std::move(*trusts);
    name_providers(*settings_, sources_);
  }
  publish();
  for (const auto& source : retired) {
    if (std::find(sources.begin(), sources.end(), source) == sources.end()) source->stop();
  }
  return {};
}

void Registry::publish() const {
  const std::lock_guard lock(mutex_);
  if (!settings_) return;
  auto judging = std::make_shared<Judging>();
  judging->settings = settings_;
  for (const auto& source : sources_) {
    judging->keys.push_back(source->keys());
    judging->key_set_digests.push_back(digest_of(judging->keys.back()));
  }
  for (std::size_t i = 0; i < settings_->routes.size(); ++i) {
    const config::RouteSettings& settings = settings_->routes[i];
    Judging::Route route;
    route.settings = &settings;
    route.slot = slots_.routes.slot_of(settings.path);
    route.trust = trusts_[i];
    route.takes_handshakes = settings.providers.empty();
    for (const std::size_t place : settings.providers) {
      const gate::Provider& provider = settings_->providers[place].provider;
      route.callers.push_back({provider.name, slots_.providers.slot_of(provider.name), sources_[place]});
      route.takes_handshakes =
          route.takes_handshakes || provider.envelope == gate::Envelope::cloud_events_or_event_grid;
      route.senders.push_back({&provider, judging->keys[place].get()});
    }
    judging->routes.push_back(std::move(route));
  }
  std::stable_sort(judging->routes.begin(), judging->routes.end(), [](const auto& a, const auto& b) {
    return a.settings->path.size() > b.settings->path.size();
  });
  on_judging_(std::move(judging));
}

Sources Registry::distinct_sources() const {
  const std::lock_guard lock(mutex_);
  return distinct(sources_);
}

void Registry::reload_pinned_keys() {
  for (const auto& source : distinct_sources()) source->reload();
}

void Registry::judge_clocks() {
  for (const auto& source : distinct_sources()) source->judge_clock();
}

std::shared_ptr<const ServeSettings> Registry::settings() const {
  const std::lock_guard lock(mutex_);
  return settings_;
}

std::vector<admin::HealthCheck> Registry::health() const {
  std::vector<admin::HealthCheck> checks;
  for (const auto& source : distinct_sources()) checks.push_back(source->health());
  return checks;
}

std::vector<admin::KeySourceView> Registry::views() const {
  std::vector<admin::KeySourceView> views;
  for (const auto& source : distinct_sources()) views.push_back(source->view());
  return views;
}

std::vector<admin::KeySourceCounts> Registry::counts() const {
  std::vector<admin::KeySourceCounts> counts;
  for (const auto& source : distinct_sources()) source->add_counts(counts);
  return counts;
}

std::vector<admin::RefreshOutcome> Registry::refresh() {
  std::vector<admin::RefreshOutcome> outcomes;
  for (const auto& source : distinct_sources()) outcomes.push_back(source->refresh());
  return outcomes;
}

}  // namespace callgate::gateway
