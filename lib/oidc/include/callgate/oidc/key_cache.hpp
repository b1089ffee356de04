// SPDX-License-Identifier: Apache-2.0
#pragma once
// When to fetch an issuer's keys, and how long to trust what was fetched: a state machine without thread or
// clock. The owner asks due() for the next moment, calls begin() when it has come, fetches, and hands the
// outcome to finish(). Not thread-safe: its owner guards it. Times are monotonic.
//
//   - the set is refreshed every `refresh`, or sooner if the issuer says so (Cache-Control, but not under
//     `refresh_min`), less up to 5 % jitter; the old set serves meanwhile
//   - a failed fetch is tried again after a pause that doubles, with jitter; without any key the pause stays
//     short, also once a set has become too old
//   - a failure never replaces a good set; the set serves until `stale_max` after its last confirmation, no
//     longer, however often a refresh fails in between
//   - an unknown kid permits one forced refresh per `refresh_window`, whoever asks; asked for inside the
//     window, one is armed for its end. While a set serves, its failure plans nothing: the next unknown kid
//     asks again, so that a flood of them meets one fetch in each window, whatever the issuer answers. A bad
//     signature asks for nothing.

#include <callgate/base/clock.hpp>
#include <callgate/jose/key_set.hpp>
#include <callgate/oidc/discovery.hpp>
#include <chrono>
#include <functional>
#include <optional>
#include <string>

namespace callgate::oidc {

struct KeyCacheSettings {
  std::chrono::milliseconds refresh{std::chrono::hours{12}};
  std::chrono::milliseconds refresh_min{std::chrono::minutes{5}};
  std::chrono::milliseconds refresh_window{std::chrono::seconds{30}};
  std::chrono::milliseconds stale_max{std::chrono::hours{24}};
  std::chrono::milliseconds retry_min{std::chrono::seconds{1}};
  std::chrono::milliseconds retry_max{std::chrono::minutes{5}};
  std::chrono::milliseconds retry_max_without_keys{std::chrono::seconds{3}};
  friend bool operator==(const KeyCacheSettings&, const KeyCacheSettings&) = default;
};

// What a caller that met an unknown kid may expect.
enum class Refresh {
  soon,   // a fetch is under way or starts now: waiting for it is worth while
  later,  // this window's refresh is spent: one is armed for the window's end
};

class KeyCache {
 public:
  // random gives numbers in [0, 1).
  KeyCache(KeyCacheSettings settings, std::function<double()> random);

  // Keys of an earlier life (a file), last confirmed `age` ago: they serve, and are refreshed at once.
  void restore(base::MonoTime now, Keys keys, std::chrono::milliseconds age);

  // The next moment at which something changes by itself: a fetch falls due, or the set becomes too old. Far
  // in the future while a fetch is in flight and nothing else is due.
  base::MonoTime due() const;
  // True if a fetch must start now; the caller then owes one finish(). Never true while one is in flight.
  bool begin(base::MonoTime now);
  void finish(base::MonoTime now, tl::expected<Reading, FetchError> outcome);

  // `judged_with` is the set that the kid was looked for in; null: not known. While a fetch is in flight, or
  // when another set serves by now, nothing is armed: whoever waits judges again, and reports again if the
  // key is still missing. Else a reporter that was overtaken by a refresh would spend the next window.
  Refresh report_unknown_kid(base::MonoTime now, const jose::KeySet* judged_with = nullptr);
  // An operator asks: the next fetch falls due at once, whatever window and pauses say. False if one is in
  // flight.
  bool demand(base::MonoTime now);

  // What serves now; null before the first success and once the last one is too old.
  Keys keys(base::MonoTime now) const;
  bool in_flight() const { return in_flight_; }
  const std::optional<FetchError>& last_error() const { return last_error_; }
  // When keys were last seen at the issuer; nothing before the first success.
  std::optional<base::MonoTime> confirmed() const;
  base::MonoTime next_fetch() const;

 private:
  std::chrono::milliseconds pause_after_success(const Reading& reading);
  std::chrono::milliseconds pause_after_failure();
  bool is_fresh(base::MonoTime now) const { return keys_ && now - confirmed_ < settings_.stale_max; }
  bool forced_is_due(base::MonoTime now) const { return forced_at_ && *forced_at_ <= now; }

  KeyCacheSettings settings_;
  std::function<double()> random_;
  Keys keys_;
  base::MonoTime confirmed_{};                 // when keys_ was last seen at the issuer
  base::MonoTime next_{};                      // planned fetch; the epoch: at once
  std::optional<base::MonoTime> forced_at_;    // a forced refresh is armed for then
  std::optional<base::MonoTime> last_forced_;  // when the last one was permitted
  std::optional<FetchError> last_error_;
  int failures_ = 0;  // in a row
  bool in_flight_ = false;
  bool planned_ = false;  // the fetch that was begun last fell due by itself
};

}  // namespace callgate::oidc
