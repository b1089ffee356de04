// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <unistd.h>
#include <callgate/keys_http/background_keys.hpp>
#include <callgate/keys_http/key_file.hpp>

#include <condition_variable>
#include <cstdio>
#include <deque>
#include <mutex>

namespace callgate::keys_http {
namespace {

using namespace std::chrono_literals;
using oidc::FetchError;

const oidc::Issuer kIssuer{"https://issuer.test", "https://issuer.test/d", false};
const std::string kDocument = R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})";

std::string keys_named(const std::string& kid) {
  return R"({"keys":[{"kty":"EC","crv":"P-256","kid":")" + kid +
         R"(","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";
}

// Answers from what the test sets; can be made to hang until it is cancelled.
class ScriptedFetcher final : public oidc::KeyFetcher {
 public:
  tl::expected<oidc::Fetched, FetchError> get(const oidc::FetchRequest& request) override {
    std::unique_lock lock(mutex_);
    ++gets_;
    changed_.notify_all();
    changed_.wait(lock, [&] { return !hanging_ || cancelled_; });
    if (cancelled_) return tl::unexpected(FetchError{FetchError::Cause::cancelled, "cancelled"});
    if (down_) return tl::unexpected(FetchError{FetchError::Cause::connection, "down"});
    return oidc::Fetched{.body = request.url.ends_with("/d") ? kDocument : keys_named(kid_)};
  }
  void cancel() override {
    const std::lock_guard lock(mutex_);
    cancelled_ = true;
    changed_.notify_all();
  }
  void set(bool down, std::string kid = "k1", bool hanging = false) {
    const std::lock_guard lock(mutex_);
    down_ = down;
    kid_ = std::move(kid);
    hanging_ = hanging;
    changed_.notify_all();
  }
  void wait_for_a_get() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return gets_ > 0; });
  }
  int gets() {
    const std::lock_guard lock(mutex_);
    return gets_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool down_ = false, hanging_ = false, cancelled_ = false;
  std::string kid_ = "k1";
  int gets_ = 0;
};

class Updates {
 public:
  void add(const KeysUpdate& update) {
    const std::lock_guard lock(mutex_);
    updates_.push_back(update);
    changed_.notify_all();
  }
  KeysUpdate next() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return !updates_.empty(); });
    KeysUpdate update = updates_.front();
    updates_.pop_front();
    return update;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<KeysUpdate> updates_;
};

struct Fixture {
  Updates updates;
  ScriptedFetcher* fetcher = new ScriptedFetcher;  // owned by BackgroundKeys
  oidc::KeyCacheSettings settings{.refresh = 1h,
                                  .refresh_min = 1ms,
                                  .refresh_window = 1ms,
                                  .stale_max = 24h,
                                  .retry_min = 1ms,
                                  .retry_max = 5ms,
                                  .retry_max_without_keys = 2ms};
  std::string file;
  oidc::Keys known;
  base::MonoTime known_confirmed{};
  std::mutex trouble_mutex;
  std::string trouble;
  std::string told_trouble() {
    const std::lock_guard lock(trouble_mutex);
    return trouble;
  }
  std::unique_ptr<BackgroundKeys> start() {
    return std::make_unique<BackgroundKeys>(
        BackgroundKeys::Settings{.issuer = kIssuer,
                                 .cache = settings,
                                 .file = file,
                                 .known = known,
                                 .known_confirmed = known_confirmed,
                                 .on_trouble =
                                     [this](const std::string& what) {
                                       const std::lock_guard lock(trouble_mutex);
                                       trouble += what;
                                     }},
        std::unique_ptr<oidc::KeyFetcher>(fetcher),
        [this](const KeysUpdate& update) { updates.add(update); });
  }
};

TEST(BackgroundKeys, BecomesReadyByItselfAfterAnOutageAtStart) {
  Fixture f;
  f.fetcher->set(true);
  const auto keys = f.start();
  const KeysUpdate first = f.updates.next();
  EXPECT_FALSE(first.keys);
  EXPECT_EQ(first.failure->message, "down");
  f.fetcher->set(false);
  KeysUpdate update = f.updates.next();
  while (!update.keys) update = f.updates.next();
  EXPECT_NE(update.keys->find("k1"), nullptr);
  EXPECT_FALSE(update.failure);
}

TEST(BackgroundKeys, AnUnknownKidBringsTheRotatedKey) {
  Fixture f;
  const auto keys = f.start();
  EXPECT_NE(f.updates.next().keys->find("k1"), nullptr);
  f.fetcher->set(false, "k2");
  keys->report_unknown_kid();
  EXPECT_NE(f.updates.next().keys->find("k2"), nullptr);
}

TEST(BackgroundKeys, AFailedRefreshKeepsTheSet) {
  Fixture f;
  const auto keys = f.start();
  ASSERT_TRUE(f.updates.next().keys);
  f.fetcher->set(true);
  keys->report_unknown_kid();
  const KeysUpdate update = f.updates.next();
  EXPECT_TRUE(update.failure);
  ASSERT_TRUE(update.keys);
  EXPECT_NE(update.keys->find("k1"), nullptr);
}

TEST(BackgroundKeys, AFloodInsideTheWindowCostsOneFetch) {
  Fixture f;
  f.settings.refresh_window = 1h;
  const auto keys = f.start();
  ASSERT_TRUE(f.updates.next().keys);
  for (int i = 0; i < 10'000; ++i) keys->report_unknown_kid();
  ASSERT_TRUE(f.updates.next().keys);
  for (int i = 0; i < 10'000; ++i) keys->report_unknown_kid();
  EXPECT_EQ(f.fetcher->gets(), 4) << "discovery and keys, twice";
}

TEST(BackgroundKeys, EndsWhileAFetchHangs) {
  Fixture f;
  f.fetcher->set(false, "k1", true);
  auto keys = f.start();
  f.fetcher->wait_for_a_get();
  keys.reset();
}

TEST(BackgroundKeys, TellsWhenTheSetBecameTooOld) {
  Fixture f;
  f.settings.stale_max = 50ms;
  f.settings.refresh = 1ms;
  const auto keys = f.start();
  ASSERT_TRUE(f.updates.next().keys);
  f.fetcher->set(true);
  KeysUpdate update = f.updates.next();
  while (update.keys) update = f.updates.next();
  EXPECT_FALSE(update.keys);
}

TEST(BackgroundKeys, ARestartDuringAnOutageServesTheKeptKeys) {
  Fixture first;
  first.file = testing::TempDir() + "callgate_kept_keys_" + std::to_string(getpid());
  {
    const auto keys = first.start();
    ASSERT_TRUE(first.updates.next().keys);
  }
  Fixture second;
  second.file = first.file;
  second.fetcher->set(true);
  {
    const auto keys = second.start();
    const KeysUpdate kept = second.updates.next();
    EXPECT_FALSE(kept.fetched);
    ASSERT_TRUE(kept.keys);
    EXPECT_NE(kept.keys->find("k1"), nullptr);
    const KeysUpdate failed = second.updates.next();
    EXPECT_TRUE(failed.failure);
    EXPECT_TRUE(failed.keys);
  }
  Fixture third;
  third.file = first.file;
  ASSERT_TRUE(save_keys(first.file, kIssuer.issuer, keys_named("k1"), base::system_clock().wall() - 25h));
  third.fetcher->set(true);
  {
    const auto keys = third.start();
    EXPECT_FALSE(third.updates.next().keys);
    EXPECT_NE(third.told_trouble().find("too old"), std::string::npos);
  }
  Fixture fourth;
  fourth.file = first.file;
  ASSERT_TRUE(save_keys(first.file, kIssuer.issuer, keys_named("k1"), base::system_clock().wall() + 1h));
  fourth.fetcher->set(true);
  {
    const auto keys = fourth.start();
    EXPECT_FALSE(fourth.updates.next().keys);
    EXPECT_NE(fourth.told_trouble().find("in the future"), std::string::npos);
  }
  std::remove(first.file.c_str());
}

TEST(BackgroundKeys, KeysThatServeAlreadyAreTakenOverWithTheirAge) {
  Fixture f;
  f.settings.stale_max = 2h;
  f.known = std::make_shared<const jose::KeySet>(*jose::KeySet::parse(keys_named("k1")));
  f.known_confirmed = base::system_clock().mono() - 1h;
  f.fetcher->set(true);
  {
    const auto keys = f.start();
    const KeysUpdate first = f.updates.next();
    EXPECT_EQ(first.keys, f.known);
    ASSERT_TRUE(first.confirmed);
    EXPECT_LE(*first.confirmed, f.known_confirmed) << "no younger than they were";
    EXPECT_LE(f.known_confirmed - *first.confirmed, 1ms);
    EXPECT_TRUE(f.updates.next().failure) << "and asked for again at once";
  }
  Fixture old;
  old.known = f.known;
  old.known_confirmed = base::system_clock().mono() - 25h;
  old.fetcher->set(true);
  const auto keys = old.start();
  EXPECT_FALSE(old.updates.next().keys);
}

TEST(BackgroundKeys, ABadFileIsToldAndStopsNothing) {
  Fixture f;
  f.file = "/nonexistent/keys.json";
  const auto keys = f.start();
  EXPECT_TRUE(f.updates.next().keys);
  EXPECT_NE(f.told_trouble().find("/nonexistent/keys.json"), std::string::npos);
}

}  // namespace
}  // namespace callgate::keys_http
