// SPDX-License-Identifier: Apache-2.0
#pragma once
// Keeps one issuer's keys fresh on a thread of its own. Whoever judges never fetches and never waits: it gets
// each new set through the callback, and says when a token named a key that was not there.

#include <callgate/base/clock.hpp>
#include <callgate/oidc/key_cache.hpp>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace callgate::keys_http {

// What the thread tells after each fetch, and when a set became too old to serve.
struct KeysUpdate {
  oidc::Keys keys;                          // what serves now; null: nothing
  bool fetched = false;                     // this update is the outcome of a fetch
  bool restored = false;                    // the keys come from the file of an earlier life
  std::optional<oidc::FetchError> failure;  // why the fetch brought nothing
  std::optional<base::MonoTime> confirmed;  // when the issuer last showed the keys
  base::MonoTime next_fetch{};              // the next planned one
  std::string keys_url{};                   // where a fetch that succeeded found the keys
  // How far the issuer's clock is ahead of ours, by its Date field; good to a second or two.
  std::optional<std::chrono::milliseconds> clock_offset;
};

class BackgroundKeys {
 public:
  // Called on the background thread, and from the constructor with what is known or the file holds; must not
  // call back into this object.
  using OnUpdate = std::function<void(const KeysUpdate&)>;

  struct Settings {
    oidc::Issuer issuer;
    oidc::KeyCacheSettings cache{};
    // The last good set, kept here across restarts and read at once; empty: nowhere. Trouble with the file is
    // told through on_trouble and stops nothing.
    std::string file{};
    // The set that serves already, and when the issuer last showed it: of whoever asked this issuer before.
    oidc::Keys known{};
    base::MonoTime known_confirmed{};
    std::function<void(const std::string&)> on_trouble = [](const std::string&) {};
  };

  // Tells what is known or the file holds, then starts the thread, with a first fetch.
  BackgroundKeys(Settings settings, std::unique_ptr<oidc::KeyFetcher> fetcher, OnUpdate on_update);
  // Cancels a fetch under way and joins.
  ~BackgroundKeys();
  BackgroundKeys(const BackgroundKeys&) = delete;
  BackgroundKeys& operator=(const BackgroundKeys&) = delete;

  // Any thread: a well-formed token named a key that is not in the set it was judged with (null: not known).
  // Cheap, however often. Says whether an update is to be expected soon; judge again after it, and report
  // again if the key is still missing.
  oidc::Refresh report_unknown_kid(const jose::KeySet* judged_with = nullptr);
  // Any thread: an operator wants a refresh now. False if one is under way.
  bool demand_refresh();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace callgate::keys_http
