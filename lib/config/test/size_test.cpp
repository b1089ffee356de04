// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/size.hpp>

namespace callgate::config {
namespace {

TEST(Size, ReadsAndWritesWhatPeopleWrite) {
  for (const auto& [text, bytes] : {std::pair{"512B", std::uint64_t{512}},
                                    {"64KiB", 65536},
                                    {"1MiB", 1048576},
                                    {"2GiB", std::uint64_t{2} << 30},
                                    {"1025B", 1025}}) {
    EXPECT_EQ(parse_size(text), bytes) << text;
    EXPECT_EQ(format_size(bytes), text);
  }
  EXPECT_EQ(parse_size("1000"), 1000U);
  EXPECT_EQ(parse_size("0"), 0U);
  EXPECT_EQ(format_size(0), "0B");
  EXPECT_EQ(parse_size("1024GiB"), std::uint64_t{1} << 40);
}

TEST(Size, RefusesTheRest) {
  for (const char* text : {"", "B", "KiB", "-1", "+1", "1.5MiB", "1 KiB", "1kib", "1KB", "1K", "1025GiB",
                           "99999999999999999999", "0x10"})
    EXPECT_FALSE(parse_size(text)) << text;
}

}  // namespace
}  // namespace callgate::config
