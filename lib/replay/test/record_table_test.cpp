// SPDX-License-Identifier: Apache-2.0
#include "record_table.hpp"

#include <gtest/gtest.h>

#include <map>
#include <random>
#include <set>

namespace callgate::replay {
namespace {

using Place = RecordTable::Place;

// Few buckets, so that tokens meet in one.
Record record(unsigned token, unsigned body) {
  Record out;
  out.token[0] = static_cast<unsigned char>(token);
  out.token[8] = static_cast<unsigned char>(token % 3);
  out.body[0] = static_cast<unsigned char>(body);
  return out;
}

std::multiset<unsigned> bodies_of(RecordTable& table, unsigned token) {
  std::multiset<unsigned> bodies;
  for (Place place = table.first_of(record(token, 0).token); place != RecordTable::kNone;
       place = table.next_of(place))
    bodies.insert(table.at(place).body[0]);
  return bodies;
}

TEST(RecordTable, HoldsWhatWasPutInWhateverTheOrder) {
  const std::uint64_t seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937_64 random(seed);
  RecordTable table(200);
  std::map<Place, std::pair<unsigned, unsigned>> model;
  for (int step = 0; step < 20'000; ++step) {
    const bool grows = step % 4'000 < 2'000 ? random() % 3 != 0 : random() % 3 == 0;
    if (grows && !table.is_full()) {
      const auto token = static_cast<unsigned>(random() % 30);
      const auto body = static_cast<unsigned>(random() % 250);
      const Place place = table.insert(record(token, body));
      ASSERT_TRUE(model.emplace(place, std::pair(token, body)).second) << "a place given out twice";
    } else if (!model.empty()) {
      const auto victim = std::next(model.begin(), static_cast<std::ptrdiff_t>(random() % model.size()));
      table.erase(victim->first);
      model.erase(victim);
    }
    ASSERT_EQ(table.size(), model.size());
    const auto token = static_cast<unsigned>(random() % 30);
    std::multiset<unsigned> expected;
    for (const auto& [place, entry] : model) {
      if (entry.first == token) expected.insert(entry.second);
    }
    ASSERT_EQ(bodies_of(table, token), expected) << "step " << step;
  }
}

TEST(RecordTable, TheHandComesByEveryRecordInOneTurn) {
  RecordTable table(300);
  std::set<Place> all;
  for (unsigned i = 0; i < 300; ++i) all.insert(table.insert(record(i % 250, i / 250)));
  EXPECT_TRUE(table.is_full());
  for (unsigned i = 0; i < 300; i += 7) {
    table.erase(i);
    all.erase(i);
  }
  std::set<Place> seen;
  for (std::size_t i = 0; i < table.places(); ++i) {
    if (const Place place = table.turn_hand(); place != RecordTable::kNone) seen.insert(place);
  }
  EXPECT_EQ(seen, all);
}

TEST(RecordTable, IsEmptyAgainAndOfUseAfterTheLastRecordWent) {
  RecordTable table(100);
  for (int round = 0; round < 3; ++round) {
    for (unsigned i = 0; i < 100; ++i) table.insert(record(i, 0));
    for (Place place = 0; place < 100; ++place) table.erase(place);
    EXPECT_EQ(table.size(), 0U);
    EXPECT_EQ(table.places(), 0U);
    EXPECT_EQ(table.turn_hand(), RecordTable::kNone);
    EXPECT_EQ(table.first_of(record(1, 0).token), RecordTable::kNone);
  }
}

}  // namespace
}  // namespace callgate::replay
