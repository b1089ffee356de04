// SPDX-License-Identifier: Apache-2.0
#include "verdict_book.hpp"

#include <gtest/gtest.h>

#include "line_budget.hpp"

namespace callgate::gateway {
namespace {

using namespace std::chrono_literals;

VerdictRecord record(const std::string& id) {
  VerdictRecord out;
  out.request_id = id;
  return out;
}

std::string ids(const std::vector<admin::Verdict>& verdicts) {
  std::string out;
  for (const admin::Verdict& verdict : verdicts)
    out += (out.empty() ? "" : " ") + verdict.request_id + "@" + std::to_string(verdict.sequence);
  return out;
}

TEST(VerdictBook, KeepsTheLatest) {
  VerdictBook book(3);
  EXPECT_EQ(ids(book.latest(9)), "");
  EXPECT_EQ(book.newest(), 0U);
  for (const char* id : {"a", "b", "c", "d", "e"}) book.add(record(id));
  EXPECT_EQ(ids(book.latest(9)), "e@5 d@4 c@3");
  EXPECT_EQ(ids(book.latest(2)), "e@5 d@4");
  EXPECT_EQ(ids(book.after(0, 9)), "c@3 d@4 e@5") << "a reader sees that two are missing";
  EXPECT_EQ(ids(book.after(4, 9)), "e@5");
  EXPECT_EQ(ids(book.after(3, 1)), "d@4");
  EXPECT_EQ(ids(book.after(5, 9)), "");
  EXPECT_EQ(ids(book.after(99, 9)), "");
}

TEST(VerdictBook, TakesAnotherSize) {
  VerdictBook book(2);
  for (const char* id : {"a", "b", "c"}) book.add(record(id));
  book.use(2);
  EXPECT_EQ(ids(book.latest(9)), "c@3 b@2") << "the same";
  book.use(4);
  EXPECT_EQ(ids(book.latest(9)), "");
  for (const char* id : {"d", "e"}) book.add(record(id));
  EXPECT_EQ(ids(book.latest(9)), "e@5 d@4");
  book.use(0);
  book.add(record("f"));
  EXPECT_EQ(ids(book.latest(9)), "");
  EXPECT_EQ(book.newest(), 6U);
}

TEST(VerdictBook, BoundsWhatStrangersWrote) {
  VerdictBook book(1);
  VerdictRecord long_one = record("a");
  long_one.kid = long_one.call_id = std::string(100'000, 'k');
  long_one.event_types = std::vector<std::string>(1000, std::string(1000, 't'));
  book.add(long_one);
  const admin::Verdict kept = book.latest(1).at(0);
  EXPECT_EQ(kept.kid.size(), kForeignTextMax);
  EXPECT_EQ(kept.call_id.size(), kForeignTextMax);
  ASSERT_EQ(kept.event_types.size(), kEventTypesMax);
  EXPECT_EQ(kept.event_types[0].size(), kForeignTextMax);
}

TEST(VerdictBook, KeepsNoPhoneNumber) {
  VerdictBook book(1);
  VerdictRecord named = record("a");
  named.kid = "+447700900123";
  named.call_id = "4:+447700900123";
  named.route = "/api/+447700900123";
  named.event_types = {"Called.%2B447700900123"};
  book.add(named);
  const admin::Verdict kept = book.latest(1).at(0);
  EXPECT_EQ(kept.kid, "+44...123");
  EXPECT_EQ(kept.call_id, "4:+44...123");
  EXPECT_EQ(kept.route, "/api/+44...123");
  EXPECT_EQ(kept.event_types, std::vector<std::string>{"Called.%2B44...123"});
}

TEST(LineBudget, IsThatOfOneSecond) {
  LineBudget budget(2);
  const base::MonoTime start{100s};
  EXPECT_TRUE(budget.take(start));
  EXPECT_TRUE(budget.take(start + 999ms));
  EXPECT_FALSE(budget.take(start + 999ms));
  EXPECT_FALSE(budget.take(start + 999ms));
  EXPECT_TRUE(budget.take(start + 1s));
  EXPECT_EQ(budget.left_out(), 2U);
  budget.use(1);
  EXPECT_FALSE(budget.take(start + 1500ms));
  EXPECT_EQ(budget.left_out(), 3U);
}

}  // namespace
}  // namespace callgate::gateway
