// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/keys_http/background_keys.hpp>
#include <callgate/keys_http/key_file.hpp>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace callgate::keys_http {

using base::MonoTime;
using std::chrono::milliseconds;

struct BackgroundKeys::State {
  State(Settings given, std::unique_ptr<oidc::KeyFetcher> key_fetcher, OnUpdate update)
      : settings(std::move(given)),
        fetcher(std::move(key_fetcher)),
        on_update(std::move(update)),
        reader(settings.issuer),
        cache(settings.cache, [generator = std::mt19937(std::random_device{}())]() mutable {
          return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
        }) {}

  static MonoTime now() { return base::system_clock().mono(); }

  void run() {
    std::unique_lock lock(mutex);
    while (!stopping) {
      if (cache.begin(now())) {
        fetch(lock);
      } else if (serving && !cache.keys(now())) {
        tell(lock, {});  // the set became too old
      } else {
        sleep(lock);
      }
    }
  }

  // What an earlier life left in the file.
  void restore() {
    std::unique_lock lock(mutex);
    if (settings.known) {
      const MonoTime start = now();
      cache.restore(start, settings.known, std::chrono::ceil<milliseconds>(start - settings.known_confirmed));
      if (cache.keys(start)) return tell(lock, {});
    }
    if (settings.file.empty()) return;
    auto kept = load_keys(settings.file, settings.issuer.issuer);
    if (!kept) return settings.on_trouble(kept.error().message);
    const auto age =
        std::chrono::duration_cast<milliseconds>(base::system_clock().wall() - kept->confirmed_at);
    cache.restore(now(), kept->keys, age);
    if (!cache.keys(now())) {
      const char* why = age < milliseconds{0} ? "were kept in the future, by our clock" : "are too old";
      return settings.on_trouble("keys cache '" + settings.file + "': its keys " + why);
    }
    KeysUpdate update;
    update.restored = true;
    tell(lock, std::move(update));
  }

  void fetch(std::unique_lock<std::mutex>& lock) {
    lock.unlock();
    const base::WallTime asked = base::system_clock().wall();
    auto outcome = reader.read(*fetcher);
    const base::WallTime answered = base::system_clock().wall();
    lock.lock();
    if (stopping) return;
    KeysUpdate update;
    update.fetched = true;
    std::string text;
    if (outcome) {
      text = settings.file.empty() ? "" : outcome->text;
      update.keys_url = outcome->keys_url;
    }
    if (outcome && outcome->server_time) {
      update.clock_offset =
          std::chrono::duration_cast<milliseconds>(*outcome->server_time - (asked + (answered - asked) / 2));
    }
    cache.finish(now(), std::move(outcome));
    update.failure = cache.last_error();
    tell(lock, std::move(update));
    // Last: callbacks that wait for a new key do not wait for the disk.
    if (text.empty()) return;
    lock.unlock();
    keep(text, answered);
    lock.lock();
  }

  void keep(const std::string& text, base::WallTime when) const {
    if (auto saved = save_keys(settings.file, settings.issuer.issuer, text, when); !saved) {
      settings.on_trouble(saved.error().message);
    }
  }

  // The callback runs unlocked, so that nobody waits for it.
  void tell(std::unique_lock<std::mutex>& lock, KeysUpdate update) {
    update.keys = cache.keys(now());
    update.confirmed = cache.confirmed();
    update.next_fetch = cache.next_fetch();
    serving = update.keys != nullptr;
    lock.unlock();
    on_update(update);
    lock.lock();
  }

  // Until something falls due or a caller has news. An hour at most, so that no far time point overflows.
  void sleep(std::unique_lock<std::mutex>& lock) {
    const MonoTime until = std::min(cache.due(), now() + std::chrono::hours{1});
    news = false;
    wake.wait_until(lock, until, [this] { return stopping || news; });
  }

  const Settings settings;
  const std::unique_ptr<oidc::KeyFetcher> fetcher;
  const OnUpdate on_update;
  oidc::IssuerReader reader;  // the thread's alone
  bool serving = false;       // the thread's alone

  std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  oidc::KeyCache cache;
  bool stopping = false;
  bool news = false;

  std::thread thread;
};

BackgroundKeys::BackgroundKeys(Settings settings, std::unique_ptr<oidc::KeyFetcher> fetcher,
                               OnUpdate on_update)
    : state_(std::make_unique<State>(std::move(settings), std::move(fetcher), std::move(on_update))) {
  state_->restore();
  state_->thread = std::thread([state = state_.get()] { state->run(); });
}

BackgroundKeys::~BackgroundKeys() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->fetcher->cancel();
  state_->wake.notify_all();
  state_->thread.join();
}

oidc::Refresh BackgroundKeys::report_unknown_kid(const jose::KeySet* judged_with) {
  const std::lock_guard lock(state_->mutex);
  const MonoTime due_before = state_->cache.due();
  const oidc::Refresh refresh = state_->cache.report_unknown_kid(State::now(), judged_with);
  if (state_->cache.due() < due_before) {
    state_->news = true;
    state_->wake.notify_all();
  }
  return refresh;
}

bool BackgroundKeys::demand_refresh() {
  const std::lock_guard lock(state_->mutex);
  const bool started = state_->cache.demand(State::now());
  state_->news = true;
  state_->wake.notify_all();
  return started;
}

}  // namespace callgate::keys_http
