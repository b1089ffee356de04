// SPDX-License-Identifier: Apache-2.0
#pragma once
// What tests of the store share: a clock that stands, a folder that goes away, sample events, and calls that
// wait for their answer.

#include <gtest/gtest.h>
#include <stdlib.h>

#include <callgate/delivery/store.hpp>
#include <callgate/store_sqlite/sqlite_store.hpp>
#include <filesystem>
#include <future>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "opener.hpp"

namespace callgate::store_sqlite {

using namespace std::chrono_literals;

class StandingClock final : public base::Clock {
 public:
  base::WallTime wall() const override {
    const std::lock_guard lock(mutex_);
    return wall_;
  }
  base::MonoTime mono() const override { return {}; }
  void set(base::WallTime wall) {
    const std::lock_guard lock(mutex_);
    wall_ = wall;
  }

 private:
  mutable std::mutex mutex_;
  base::WallTime wall_{std::chrono::sys_days{std::chrono::year{2026} / 9 / 30}};
};

inline base::WallTime at(std::chrono::microseconds since) {
  return base::WallTime{std::chrono::sys_days{std::chrono::year{2026} / 9 / 30}} + since;
}

class Folder {
 public:
  Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "callgate-inbox-XXXXXX").string();
    path_ = ::mkdtemp(name.data()) == nullptr ? std::string() : name;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string file(const std::string& name = "inbox.db") const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

// Starts the call and waits for its answer.
template <class T, class Start>
base::Result<T> answer_of(Start start) {
  std::promise<base::Result<T>> promise;
  auto future = promise.get_future();
  start([&promise](base::Result<T> result) { promise.set_value(std::move(result)); });
  return future.get();
}

// The port, waiting.
class Asked {
 public:
  explicit Asked(delivery::Store& store) : store_(&store) {}

  base::Result<delivery::Added> add(delivery::Accepted accepted) {
    return answer_of<delivery::Added>([&](auto done) { store_->add(std::move(accepted), done); });
  }
  base::Result<delivery::Due> find_due(const std::string& route, base::WallTime now, std::size_t most = 100) {
    return answer_of<delivery::Due>([&](auto done) { store_->find_due(route, now, most, done); });
  }
  base::Result<void> record(delivery::Report report) {
    return answer_of<void>([&](auto done) { store_->record(std::move(report), done); });
  }
  base::Result<delivery::Lease> take(std::size_t most, std::chrono::milliseconds lease, base::WallTime now) {
    return answer_of<delivery::Lease>([&](auto done) { store_->take(most, lease, now, done); });
  }
  base::Result<std::size_t> ack(const std::string& lease, std::vector<std::string> keys, base::WallTime now) {
    return answer_of<std::size_t>([&](auto done) { store_->ack(lease, std::move(keys), now, done); });
  }
  base::Result<std::vector<delivery::Stored>> list(delivery::Filter filter) {
    return answer_of<std::vector<delivery::Stored>>(
        [&](auto done) { store_->list(std::move(filter), done); });
  }
  base::Result<std::optional<delivery::Stored>> show(const std::string& key) {
    return answer_of<std::optional<delivery::Stored>>([&](auto done) { store_->show(key, done); });
  }
  base::Result<bool> redeliver(const std::string& key, base::WallTime now) {
    return answer_of<bool>([&](auto done) { store_->redeliver(key, now, done); });
  }
  base::Result<std::size_t> forget(const std::string& call) {
    return answer_of<std::size_t>([&](auto done) { store_->forget(call, done); });
  }
  base::Result<delivery::Stats> stats() {
    return answer_of<delivery::Stats>([&](auto done) { store_->stats(done); });
  }

 private:
  delivery::Store* store_;
};

// An event of `call`, told apart by `key`.
inline delivery::NewEvent event(const std::string& call, const std::string& key,
                                std::size_t body_bytes = 40) {
  std::string body = R"({"id":")" + key + R"("})";
  body.resize(std::max(body.size(), body_bytes), ' ');
  return {.key = key, .call = call, .id = "id-" + key, .type = "Sample.Event", .body = std::move(body)};
}

inline delivery::Accepted request(std::vector<delivery::NewEvent> events, base::WallTime received_at = at(0s),
                                  const std::string& route = "/api/callback") {
  return {
      .passage = {.route = route,
                  .request_id = "request-1",
                  .method = "POST",
                  .target = route + "/order?x=1",
                  .fields = {{"Content-Type", "application/json"}, {"ce-odd", std::string("a:b,\0\xff", 6)}},
                  .received_at = received_at},
      .verdict = {.provider = "acs",
                  .key_id = "k1",
                  .key_set = "digest",
                  .issuer = "https://issuer.example",
                  .audience = "aud",
                  .subject = "",
                  .claims = R"({"iss":"https://issuer.example"})",
                  .judged_at = received_at},
      .events = std::move(events)};
}

inline delivery::Accepted one(const std::string& call, const std::string& key,
                              base::WallTime received_at = at(0s),
                              const std::string& route = "/api/callback") {
  return request({event(call, key)}, received_at, route);
}

// A report on a try at `when`.
inline delivery::Report delivered(std::int64_t number, base::WallTime when) {
  return {.number = number,
          .what = delivery::Report::What::delivered,
          .at = when,
          .due = {},
          .attempts = 0,
          .first_tried_at = when,
          .note = "200"};
}
inline delivery::Report failed(std::int64_t number, base::WallTime when, base::WallTime due,
                               int attempts = 1) {
  return {.number = number,
          .what = delivery::Report::What::again,
          .at = when,
          .due = due,
          .attempts = attempts,
          .first_tried_at = when,
          .note = "503"};
}
inline delivery::Report given_up(std::int64_t number, base::WallTime when) {
  return {.number = number,
          .what = delivery::Report::What::dead,
          .at = when,
          .due = {},
          .attempts = 3,
          .first_tried_at = when,
          .note = "410"};
}

inline delivery::Filter filter(std::optional<delivery::State> state, std::string call = "",
                               std::int64_t after = 0, std::size_t most = 100) {
  return {.state = state, .call = std::move(call), .after = after, .most = most};
}

inline std::vector<std::string> keys_of(const std::vector<delivery::Stored>& events) {
  std::vector<std::string> keys;
  for (const auto& stored : events) keys.push_back(stored.event.key);
  return keys;
}

// Opens or fails the test.
inline std::unique_ptr<SqliteStore> open_store(const Settings& settings, const base::Clock& clock,
                                               const Ground& ground = {}, const Pace& pace = {}) {
  auto store = StoreOpener::open(settings, clock, ground, pace);
  EXPECT_TRUE(store) << (store ? "" : store.error().message);
  return store ? std::move(*store) : nullptr;
}

inline Settings at_path(const std::string& path) {
  Settings settings;
  settings.path = path;
  return settings;
}

inline std::uint64_t number_from(const char* variable, std::uint64_t otherwise) {
  const char* text = std::getenv(variable);  // NOLINT(concurrency-mt-unsafe): nobody sets it
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}
// CALLGATE_SCALE percent (default 1) of the full size, which is less under sanitizers: they are that much
// slower.
inline std::uint64_t scaled(std::uint64_t full) {
#if defined(__SANITIZE_THREAD__)
  full /= 10;
#elif defined(__SANITIZE_ADDRESS__)
  full /= 2;
#endif
  return std::max<std::uint64_t>(1, full * number_from("CALLGATE_SCALE", 1) / 100);
}

}  // namespace callgate::store_sqlite
