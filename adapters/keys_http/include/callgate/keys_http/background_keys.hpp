// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps one issuer's keys fresh on a thread of its own. Whoever judges never fetches and never waits: it gets
// each new set through the callback, and says when a token named a key that was not there.

#include <callgate/base/clock.hpp>
#include <callgate/oidc/key_cache.hpp>
#include <functional>
#include <memory>
#include <optional>

namespace callgate::keys_http {

// What the thread tells after each fetch, and when a set became too old to serve.
struct KeysUpdate {
  oidc::Keys keys;                          // what serves now; null: nothing
  std::optional<oidc::FetchError> failure;  // why the fetch brought nothing
  std::chrono::milliseconds next_try{};     // until the next planned fetch
};

class BackgroundKeys {
 public:
  // Called on the background thread; must not call back into this object.
  using OnUpdate = std::function<void(const KeysUpdate&)>;

  // Starts at once with a first fetch.
  BackgroundKeys(oidc::Issuer issuer, const oidc::KeyCacheSettings& settings,
                 std::unique_ptr<oidc::KeyFetcher> fetcher, OnUpdate on_update);
  // Cancels a fetch under way and joins.
  ~BackgroundKeys();
  BackgroundKeys(const BackgroundKeys&) = delete;
  BackgroundKeys& operator=(const BackgroundKeys&) = delete;

  // Any thread: a well-formed token named a key that is not in the set. Cheap, however often.
  void report_unknown_kid();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace callgate::keys_http
