// SPDX-License-Identifier: Apache-2.0
#include "nearest.hpp"

#include <gtest/gtest.h>

#include <array>

namespace callgate::config {
namespace {

TEST(Nearest, CountsWhatWasMistyped) {
  EXPECT_EQ(edit_distance("listen", "listen"), 0U);
  EXPECT_EQ(edit_distance("lsiten", "listen"), 1U);  // neighbours swapped
  EXPECT_EQ(edit_distance("liste", "listen"), 1U);
  EXPECT_EQ(edit_distance("listenn", "listen"), 1U);
  EXPECT_EQ(edit_distance("lasten", "listen"), 1U);
  EXPECT_EQ(edit_distance("", "abc"), 3U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(Nearest, NamesTheNearestWordOrNone) {
  constexpr std::array<std::string_view, 3> known{"admin", "listen", "workers"};
  EXPECT_EQ(did_you_mean("worker", known), " (did you mean 'workers'?)");
  EXPECT_EQ(did_you_mean("lisetn", known), " (did you mean 'listen'?)");
  EXPECT_EQ(did_you_mean("verbose", known), "");
  EXPECT_EQ(did_you_mean("", known), "");
  EXPECT_EQ(did_you_mean(std::string(100'000, 'a'), known), "");
  EXPECT_EQ(did_you_mean("admin", {}), "");
}

}  // namespace
}  // namespace callgate::config
