// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/refusal/reason.hpp>

#include <set>

namespace callgate::refusal {
namespace {

TEST(Reason, EveryWordIsStableUniqueAndReadBack) {
  std::set<std::string_view> words;
  for (const Reason reason : all_reasons()) {
    EXPECT_TRUE(words.insert(to_text(reason)).second) << to_text(reason);
    EXPECT_EQ(parse_reason(to_text(reason)), reason);
    EXPECT_FALSE(title_of(reason).empty());
  }
  EXPECT_EQ(words.size(), kReasonCount);
  EXPECT_EQ(static_cast<std::size_t>(Reason::headers_too_large) + 1, kReasonCount);
  EXPECT_FALSE(parse_reason("token_fine"));
}

}  // namespace
}  // namespace callgate::refusal
