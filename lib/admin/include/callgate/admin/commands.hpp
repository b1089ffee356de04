// SPDX-License-Identifier: Apache-2.0
#pragma once
// The port through which the admin room looks into a running gateway and tells it things. The gateway
// implements it. Calls come from two threads, at the same time: all of them from the one that serves the
// admin port, and inbox(), pushes_inbox() and inbox_changed() also from one that has the time to wait for the
// store. None of them waits for the store itself: what they say of it was asked before.

#include <callgate/admin/health.hpp>
#include <callgate/admin/verdicts.hpp>
#include <callgate/base/clock.hpp>
#include <callgate/delivery/store.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace callgate::admin {

// One key, as it was seen at its source.
struct SeenKey {
  std::string kid;
  std::string type;       // "RSA", "EC", "OKP"
  std::string algorithm;  // "RS256"; empty: any that fits
  int bits = 0;
  std::string thumbprint;       // RFC 7638
  base::WallTime first_seen{};  // by this process
  base::WallTime last_seen{};   // the last time the source showed it
  std::string source;           // "issuer", "file", "cache" (last good keys on disk)
};

// One source of keys and the providers that use it.
struct KeySourceView {
  std::vector<std::string> providers;
  std::string issuer;
  std::string from;  // URL of the discovery document, or the pinned file
  bool serving = false;
  std::vector<SeenKey> keys;
  std::vector<std::pair<std::string, std::string>> not_used;  // kid, why
  std::optional<double> age_seconds;                          // since the source last confirmed the set
  std::optional<double> next_refresh_seconds;                 // nothing for a pinned file
  std::string last_error_cause;  // "dns", "tls" ...; empty: the last try was good
  std::string last_error;
  std::optional<double> clock_offset_seconds;  // the issuer's clock less ours
};

// Counters since the process started.
struct KeySourceCounts {
  std::string provider;  // one row for each provider that uses the source
  std::vector<std::pair<std::string, std::uint64_t>> fetches;  // by result: "ok" or a cause
  std::uint64_t unknown_kids = 0;
  std::optional<double> age_seconds;
  std::size_t keys = 0;
  std::optional<double> clock_offset_seconds;
};

struct RequestCount {
  std::string provider;  // "-" before one was known
  std::string verdict;   // admit, refuse, retry_later
  std::string reason;    // "-" for admit
  std::uint64_t count = 0;
};

// Upper bounds in seconds, rising, and how many observations fell at or under each but above the one before.
struct Histogram {
  std::vector<double> bounds;
  std::vector<std::uint64_t> counts;  // one more than bounds: the last is of those above them all
  double sum = 0;
};

// What a route in shadow mode passed on although it would have been refused.
struct ShadowCount {
  std::string route;  // its path, as configured
  std::string reason;
  std::uint64_t count = 0;
};

// How full the inbox is, and how its pushes went.
struct InboxCounts {
  std::uint64_t queued = 0;
  std::uint64_t dead = 0;
  std::uint64_t bytes = 0;
  double oldest_age_seconds = 0;  // of what is queued; 0: nothing is
  // By result; all of them from the beginning, so that the first of a kind shows as an increase.
  std::vector<std::pair<std::string, std::uint64_t>> attempts{
      {"delivered", 0}, {"again", 0}, {"dead", 0}, {"busy", 0}};
};

struct Metrics {
  std::vector<RequestCount> requests;
  std::vector<ShadowCount> passed_in_shadow;
  std::uint64_t log_lines_left_out = 0;
  Histogram request_seconds;
  Histogram verify_seconds;
  std::vector<KeySourceCounts> key_sources;
  std::size_t connections = 0;
  std::vector<std::pair<std::string, std::uint64_t>> uses;  // of tokens, by what the record of them said
  InboxCounts inbox;                                        // zeros where there is none
  std::size_t use_records = 0;                              // held now
};

// What a demanded refresh came to.
struct RefreshOutcome {
  std::vector<std::string> providers;
  std::string outcome;  // "started", "under_way", "pinned" (a file is read again)
};

struct RouteStatus {
  std::string path{};
  std::vector<std::string> providers{};
  bool query_secret = false;
  std::string deliver{};    // "none", "forward"
  std::string upstream{};   // scheme, host and port; empty: none
  std::string authorize{};  // path of forward-auth; empty: none
  bool shadow = false;
  std::vector<std::pair<std::string, std::uint64_t>> would_have_refused{};  // by reason
};

// How the gateway is set up, and since when.
struct Status {
  base::WallTime started_at{};
  double uptime_seconds = 0;
  unsigned workers = 0;
  std::string listen;
  std::string config_file;  // empty: flags and variables alone
  bool tls = false;
  bool draining = false;
  std::vector<RouteStatus> routes;
};

class Commands {
 public:
  Commands() = default;
  Commands(const Commands&) = delete;
  Commands& operator=(const Commands&) = delete;
  virtual ~Commands() = default;

  virtual std::vector<HealthCheck> health() = 0;
  virtual std::vector<KeySourceView> keys() = 0;
  virtual std::vector<RefreshOutcome> refresh_keys() = 0;
  virtual Metrics metrics() = 0;
  virtual Status status() = 0;
  virtual const VerdictLog& verdicts() = 0;
  // Null where no route has an inbox.
  virtual delivery::Store* inbox() = 0;
  // Whether the gateway pushes what is in there: then nobody may take it.
  virtual bool pushes_inbox() = 0;
  // Events were queued again: whoever pushes looks what is due, on every route.
  virtual void inbox_changed() = 0;
};

}  // namespace callgate::admin
