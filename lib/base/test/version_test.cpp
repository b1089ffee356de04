// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/base/version.hpp>

#include <string>

namespace callgate::base {
namespace {

TEST(Version, HeaderAndBuildNameTheSame) {
  EXPECT_STREQ(CALLGATE_VERSION_STRING, CALLGATE_PROJECT_VERSION) << "version.hpp and CMakeLists.txt differ";
}

TEST(Version, NumbersAndTextAreTheSame) {
  const std::string text = std::to_string(CALLGATE_VERSION_MAJOR) + "." +
                           std::to_string(CALLGATE_VERSION_MINOR) + "." +
                           std::to_string(CALLGATE_VERSION_PATCH);
  EXPECT_EQ(text, CALLGATE_VERSION_STRING);
}

}  // namespace
}  // namespace callgate::base
