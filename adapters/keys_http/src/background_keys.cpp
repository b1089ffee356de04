// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <callgate/keys_http/background_keys.hpp>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

namespace callgate::keys_http {

using base::MonoTime;

struct BackgroundKeys::State {
  State(oidc::Issuer issuer_settings, const oidc::KeyCacheSettings& settings,
        std::unique_ptr<oidc::KeyFetcher> key_fetcher, OnUpdate update)
      : issuer(std::move(issuer_settings)),
        fetcher(std::move(key_fetcher)),
        on_update(std::move(update)),
        cache(settings, [generator = std::mt19937(std::random_device{}())]() mutable {
          return std::uniform_real_distribution<double>(0.0, 1.0)(generator);
        }) {}

  static MonoTime now() { return base::system_clock().mono(); }

  void run() {
    std::unique_lock lock(mutex);
    bool served = false;
    while (!stopping) {
      if (cache.begin(now())) {
        lock.unlock();
        auto outcome = oidc::fetch_keys(*fetcher, issuer);
        lock.lock();
        if (stopping) return;
        cache.finish(now(), std::move(outcome));
        served = tell(lock);
      } else if (served && !cache.keys(now())) {
        served = tell(lock);  // the set became too old
      } else {
        sleep(lock);
      }
    }
  }

  // True if a set serves. The callback runs unlocked, so that nobody waits for it.
  bool tell(std::unique_lock<std::mutex>& lock) {
    const MonoTime time = now();
    const KeysUpdate update{
        cache.keys(time), cache.last_error(),
        std::max(std::chrono::milliseconds{0},
                 std::chrono::duration_cast<std::chrono::milliseconds>(cache.due() - time))};
    lock.unlock();
    on_update(update);
    lock.lock();
    return update.keys != nullptr;
  }

  // Until something falls due or a caller has news. An hour at most, so that no far time point overflows.
  void sleep(std::unique_lock<std::mutex>& lock) {
    const MonoTime until = std::min(cache.due(), now() + std::chrono::hours{1});
    news = false;
    wake.wait_until(lock, until, [this] { return stopping || news; });
  }

  const oidc::Issuer issuer;
  const std::unique_ptr<oidc::KeyFetcher> fetcher;
  const OnUpdate on_update;

  std::mutex mutex;  // guards what follows
  std::condition_variable wake;
  oidc::KeyCache cache;
  bool stopping = false;
  bool news = false;

  std::thread thread;
};

BackgroundKeys::BackgroundKeys(oidc::Issuer issuer, const oidc::KeyCacheSettings& settings,
                               std::unique_ptr<oidc::KeyFetcher> fetcher, OnUpdate on_update)
    : state_(std::make_unique<State>(std::move(issuer), settings, std::move(fetcher), std::move(on_update))) {
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

void BackgroundKeys::report_unknown_kid() {
  const std::lock_guard lock(state_->mutex);
  const MonoTime due_before = state_->cache.due();
  state_->cache.report_unknown_kid(State::now());
  if (state_->cache.due() >= due_before) return;
  state_->news = true;
  state_->wake.notify_all();
}

}  // namespace callgate::keys_http
