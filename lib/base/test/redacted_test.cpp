// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/base/redacted.hpp>

#include <sstream>
#include <string>

namespace callgate::base {
namespace {

TEST(Redacted, NeverPrintsWhatItHolds) {
  const Redacted<std::string> secret("hunter2");
  std::ostringstream out;
  out << secret;
  EXPECT_EQ(out.str(), "[redacted]");
  EXPECT_EQ(secret.reveal(), "hunter2");
}

}  // namespace
}  // namespace callgate::base
