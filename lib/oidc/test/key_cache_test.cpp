// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/oidc/key_cache.hpp>

namespace callgate::oidc {
namespace {

using namespace std::chrono_literals;

const base::MonoTime kStart{std::chrono::hours{1000}};

Reading some_keys(std::optional<std::chrono::seconds> max_age = {}) {
  auto keys = jose::KeySet::parse(
      R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
  return {.keys = std::make_shared<const jose::KeySet>(std::move(*keys)), .text = {}, .max_age = max_age};
}

tl::unexpected<FetchError> down() {
  return tl::unexpected(FetchError{FetchError::Cause::connection, "down"});
}

KeyCache cache() {
  return KeyCache(KeyCacheSettings{}, [] { return 0.0; });
}

KeyCache warm() {
  KeyCache c = cache();
  EXPECT_TRUE(c.begin(kStart));
  c.finish(kStart, some_keys());
  return c;
}

TEST(KeyCache, FetchesAtOnceThenEveryRefresh) {
  KeyCache c = cache();
  EXPECT_FALSE(c.keys(kStart));
  EXPECT_LE(c.due(), kStart);
  ASSERT_TRUE(c.begin(kStart));
  EXPECT_FALSE(c.begin(kStart)) << "one in flight";
  c.finish(kStart + 1s, some_keys());
  EXPECT_TRUE(c.keys(kStart + 1s));
  EXPECT_EQ(c.due(), kStart + 1s + 12h);
  EXPECT_FALSE(c.begin(kStart + 11h));
  EXPECT_TRUE(c.begin(kStart + 1s + 12h));
  EXPECT_TRUE(c.keys(kStart + 12h + 2s)) << "the old set serves meanwhile";
}

TEST(KeyCache, WithoutKeysThePauseStaysShort) {
  KeyCache c = cache();
  base::MonoTime now = kStart;
  for (int i = 0; i < 50; ++i) {
    ASSERT_TRUE(c.begin(now));
    c.finish(now, down());
    EXPECT_GE(c.due() - now, 750ms);
    EXPECT_LE(c.due() - now, 3s);
    now = c.due();
  }
  EXPECT_EQ(c.last_error()->message, "down");
}

TEST(KeyCache, AForcedRefreshThatFailsPlansNothingWhileASetServes) {
  KeyCache c = warm();
  const base::MonoTime planned = c.next_fetch();
  EXPECT_EQ(c.report_unknown_kid(kStart + 1min), Refresh::soon);
  ASSERT_TRUE(c.begin(kStart + 1min));
  c.finish(kStart + 1min, down());
  EXPECT_EQ(c.next_fetch(), planned);
  EXPECT_EQ(c.report_unknown_kid(kStart + 1min + 1s), Refresh::later);
  EXPECT_EQ(c.next_fetch(), kStart + 90s) << "the next unknown kid asks again, a window later";
  ASSERT_TRUE(c.begin(planned)) << "both are due";
  c.finish(planned, down());
  EXPECT_LE(c.next_fetch() - planned, 1s) << "a planned one that fails is tried again soon";
}

TEST(KeyCache, AnOutageKeepsTheGoodSetUpToItsBoundHoweverOftenItFails) {
  KeyCache c = warm();
  base::MonoTime now = kStart + 12h;
  int tries = 0;
  while (now < kStart + 24h) {
    if (c.begin(now)) {
      ++tries;
      c.finish(now, down());
    }
    ASSERT_TRUE(c.keys(now));
    now = std::min(c.due(), kStart + 24h);
  }
  EXPECT_FALSE(c.keys(kStart + 24h));
  EXPECT_LT(tries, 200) << "the pause grows to five minutes";
  ASSERT_TRUE(c.begin(kStart + 25h));
  c.finish(kStart + 25h, some_keys());
  EXPECT_TRUE(c.keys(kStart + 25h));
}

TEST(KeyCache, ASetThatBecameTooOldIsReplacedSoonAfterTheIssuersReturn) {
  KeyCache c = warm();
  base::MonoTime now = kStart + 12h;
  for (; now < kStart + 24h; now = c.due()) {
    if (c.begin(now)) c.finish(now, down());
  }
  EXPECT_FALSE(c.begin(now)) << "it is dropped";
  EXPECT_LE(c.due() - now, 3s) << "not the five minutes of an outage with keys";
}

TEST(KeyCache, UnknownKidsForceOneRefreshPerWindow) {
  KeyCache c = warm();
  base::MonoTime now = kStart + 1min;
  int fetches = 0;
  for (int tick = 0; tick < 1200; ++tick, now += 100ms) {  // two minutes of flood
    c.report_unknown_kid(now);
    if (c.begin(now)) {
      ++fetches;
      if (fetches % 2 == 0)
        c.finish(now, down());
      else
        c.finish(now, some_keys());
    }
  }
  EXPECT_GE(fetches, 4);
  EXPECT_LE(fetches, 5) << "one in each of four windows, whatever the issuer answers, and the first";
}

TEST(KeyCache, AnUnknownKidInsideTheWindowArmsOneForItsEnd) {
  KeyCache c = warm();
  c.report_unknown_kid(kStart + 10s);
  ASSERT_TRUE(c.begin(kStart + 10s));
  c.finish(kStart + 10s, some_keys());
  c.report_unknown_kid(kStart + 15s);
  c.report_unknown_kid(kStart + 16s);
  EXPECT_FALSE(c.begin(kStart + 39s));
  EXPECT_EQ(c.due(), kStart + 40s);
  EXPECT_TRUE(c.begin(kStart + 40s));
  c.finish(kStart + 40s, some_keys());
  EXPECT_FALSE(c.begin(kStart + 2min));
}

TEST(KeyCache, TheIssuersCacheControlCountsWithinBounds) {
  const struct {
    std::optional<std::chrono::seconds> max_age;
    std::chrono::seconds pause;
  } cases[] = {{{}, 12h}, {1h, 1h}, {5min, 5min}, {1s, 5min}, {0s, 5min}, {48h, 12h}};
  for (const auto& c : cases) {
    KeyCache k = cache();
    ASSERT_TRUE(k.begin(kStart));
    k.finish(kStart, some_keys(c.max_age));
    EXPECT_EQ(k.next_fetch(), kStart + c.pause);
  }
}

TEST(KeyCache, AnOperatorsShorterRefreshBeatsTheLowerBound) {
  KeyCache k({.refresh = 10s}, [] { return 0.0; });
  ASSERT_TRUE(k.begin(kStart));
  k.finish(kStart, some_keys(1s));
  EXPECT_EQ(k.next_fetch(), kStart + 10s);
}

TEST(KeyCache, RestoredKeysServeAtOnceUpToTheirBound) {
  KeyCache k = cache();
  k.restore(kStart, some_keys().keys, 23h);
  EXPECT_TRUE(k.keys(kStart));
  EXPECT_LE(k.due(), kStart) << "refreshed at once";
  ASSERT_TRUE(k.begin(kStart));
  k.finish(kStart, down());
  EXPECT_TRUE(k.keys(kStart + 59min));
  EXPECT_FALSE(k.keys(kStart + 1h));

  KeyCache old = cache();
  old.restore(kStart, some_keys().keys, 24h);
  EXPECT_FALSE(old.keys(kStart));
  KeyCache future = cache();
  future.restore(kStart, some_keys().keys, -1h);
  EXPECT_FALSE(future.keys(kStart)) << "confirmed in the future: not believed";
}

TEST(KeyCache, AnOperatorsDemandIsDueAtOnceAndSpendsNoWindow) {
  KeyCache c = warm();
  EXPECT_FALSE(c.begin(kStart + 1s));
  EXPECT_TRUE(c.demand(kStart + 1s));
  EXPECT_EQ(c.due(), kStart + 1s);
  ASSERT_TRUE(c.begin(kStart + 1s));
  EXPECT_FALSE(c.demand(kStart + 1s)) << "one is in flight";
  c.finish(kStart + 2s, some_keys());
  EXPECT_EQ(c.due(), kStart + 2s + 12h);
  EXPECT_EQ(c.report_unknown_kid(kStart + 2s), Refresh::soon) << "the window is not spent";
}

// Two callbacks meet a rotated key: the first causes the refresh, the second comes while it is in flight, or
// was judged with the old set when the new one had just come. Neither may spend the next window.
TEST(KeyCache, AReporterThatARefreshOvertakesSpendsNoWindow) {
  KeyCache k = warm();
  const Keys old = k.keys(kStart);
  EXPECT_EQ(k.report_unknown_kid(kStart + 1s, old.get()), Refresh::soon);
  ASSERT_TRUE(k.begin(kStart + 1s));
  EXPECT_EQ(k.report_unknown_kid(kStart + 2s, old.get()), Refresh::soon);
  k.finish(kStart + 3s, some_keys());
  EXPECT_EQ(k.report_unknown_kid(kStart + 3s, old.get()), Refresh::soon) << "the new set is on its way";
  EXPECT_EQ(k.due(), kStart + 3s + 12h) << "nothing is armed";
  EXPECT_EQ(k.report_unknown_kid(kStart + 3s, k.keys(kStart + 3s).get()), Refresh::later)
      << "judged again, in vain";
  EXPECT_EQ(k.due(), kStart + 31s);
}

TEST(KeyCache, SaysWhetherWaitingIsWorthWhile) {
  KeyCache k = warm();
  EXPECT_EQ(k.report_unknown_kid(kStart + 1s), Refresh::soon);
  ASSERT_TRUE(k.begin(kStart + 1s));
  EXPECT_EQ(k.report_unknown_kid(kStart + 2s), Refresh::soon) << "in flight";
  k.finish(kStart + 2s, some_keys());
  EXPECT_EQ(k.report_unknown_kid(kStart + 3s), Refresh::later);
  EXPECT_EQ(k.report_unknown_kid(kStart + 31s), Refresh::soon) << "the window is over";
}

}  // namespace
}  // namespace callgate::oidc
