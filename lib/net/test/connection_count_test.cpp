// SPDX-License-Identifier: Apache-2.0
#include "connection_count.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace callgate::net {
namespace {

using Admission = ConnectionCount::Admission;

http::Address address(std::string_view text) {
  return http::Address::parse(text).value();
}

TEST(ConnectionCount, HoldsTheLimitInAll) {
  const auto count = make_connection_count();
  auto one = count->take(2);
  auto two = count->take(2);
  EXPECT_TRUE(one && two);
  EXPECT_FALSE(count->take(2));
  EXPECT_EQ(open_connections(*count), 2U);
  one.reset();
  EXPECT_TRUE(count->take(2));
  EXPECT_EQ(open_connections(*count), 1U);
}

TEST(ConnectionCount, HoldsTheLimitOfASource) {
  const auto count = make_connection_count();
  auto one = count->take(100);
  auto two = count->take(100);
  auto other = count->take(100);
  EXPECT_EQ(one->name_source(address("192.0.2.1"), 1), Admission::admitted);
  EXPECT_EQ(two->name_source(address("::ffff:192.0.2.1"), 1), Admission::refused);
  EXPECT_EQ(other->name_source(address("192.0.2.2"), 1), Admission::admitted);
  EXPECT_EQ(count->sources(), 2U);
  one.reset();  // the refused one, still there, does not take its place
  auto three = count->take(100);
  EXPECT_EQ(three->name_source(address("192.0.2.1"), 1), Admission::admitted);
  two.reset();
  three.reset();
  other.reset();
  EXPECT_EQ(count->sources(), 0U);
  EXPECT_EQ(count->open(), 0U);
}

TEST(ConnectionCount, TakesAnIpv6NetworkForOneSource) {
  const auto count = make_connection_count();
  auto one = count->take(100);
  auto two = count->take(100);
  auto other = count->take(100);
  EXPECT_EQ(one->name_source(address("2001:db8:0:1::1"), 1), Admission::admitted);
  EXPECT_EQ(two->name_source(address("2001:db8:0:1:ffff::2"), 1), Admission::refused);
  EXPECT_EQ(other->name_source(address("2001:db8:0:2::1"), 1), Admission::admitted);
}

TEST(ConnectionCount, DropsWhoDoesNotListenToRefusals) {
  const auto count = make_connection_count();
  std::vector<ConnectionCount::Place> places;
  std::size_t refused = 0;
  for (int i = 0; i < 100; ++i) {
    places.push_back(*count->take(1000));
    const auto admission = places.back().name_source(address("192.0.2.1"), 2);
    if (i < 2) {
      EXPECT_EQ(admission, Admission::admitted);
    }
    if (admission == Admission::refused) ++refused;
    if (admission == Admission::dropped) places.pop_back();
  }
  EXPECT_EQ(refused, 16U);
  EXPECT_EQ(count->open(), 18U);
  places.clear();
  EXPECT_EQ(count->sources(), 0U);
}

TEST(ConnectionCount, WakesWhoWaits) {
  const auto count = make_connection_count();
  int woken = 0;
  const auto wake = [&] { ++woken; };
  EXPECT_FALSE(count->wait_if_full(&woken, 1, wake));
  auto place = count->take(1);
  EXPECT_TRUE(count->wait_if_full(&woken, 1, wake));
  EXPECT_TRUE(count->wait_if_full(&woken, 1, wake));
  place.reset();
  EXPECT_EQ(woken, 1);
  place.emplace(*count->take(1));
  EXPECT_TRUE(count->wait_if_full(&woken, 1, wake));
  count->stop_waiting(&woken);
  place.reset();
  EXPECT_EQ(woken, 1);
}

TEST(ConnectionCount, IsExactWithManyThreads) {
  constexpr std::size_t kMax = 5, kSourceMax = 2;
  const auto count = make_connection_count();
  std::atomic<std::size_t> inside{0}, of_source{0};
  const auto work = [&] {
    for (int i = 0; i < 2000; ++i) {
      auto place = count->take(kMax);
      if (!place) continue;
      EXPECT_LE(++inside, kMax);
      const bool admitted = place->name_source(address("192.0.2.1"), kSourceMax) == Admission::admitted;
      if (admitted) {
        EXPECT_LE(++of_source, kSourceMax);
        --of_source;
      }
      --inside;
    }
  };
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) threads.emplace_back(work);
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(count->open(), 0U);
  EXPECT_EQ(count->sources(), 0U);
}

}  // namespace
}  // namespace callgate::net
