// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/config/file.hpp>

#include <cstdio>
#include <fstream>

namespace callgate::config {
namespace {

TEST(File, IsReadWholeAndBounded) {
  const std::string path = testing::TempDir() + "callgate_file_test_" +
                           std::to_string(testing::UnitTest::GetInstance()->random_seed());
  std::ofstream(path, std::ios::binary) << std::string(100, 'x');
  EXPECT_EQ(load_file(path, 100).value().size(), 100U);
  EXPECT_NE(load_file(path, 99).error().message.find("larger than 99"), std::string::npos);
  std::remove(path.c_str());
  EXPECT_NE(load_file(path, 100).error().message.find("No such file"), std::string::npos);
}

}  // namespace
}  // namespace callgate::config
