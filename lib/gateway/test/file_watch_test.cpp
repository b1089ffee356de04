// SPDX-License-Identifier: Apache-2.0
#include "file_watch.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>

namespace callgate::gateway {
namespace {

class Watched : public testing::Test {
 protected:
  Watched() : path_(testing::TempDir() + "watched-" + std::to_string(getpid())) {}
  ~Watched() override { std::remove(path_.c_str()); }
  void write(const std::string& text) const { std::ofstream(path_) << text; }
  const std::string path_;
};

TEST_F(Watched, AChangeIsSeenOnce) {
  write("a");
  FileWatch watch({path_, ""});
  EXPECT_FALSE(watch.has_changed());
  write("longer");
  EXPECT_TRUE(watch.has_changed());
  EXPECT_FALSE(watch.has_changed());
}

TEST_F(Watched, AFileThatIsGoneIsNoChangeUntilItIsBack) {
  write("a");
  FileWatch watch({path_});
  std::remove(path_.c_str());
  EXPECT_FALSE(watch.has_changed());
  write("other");
  EXPECT_TRUE(watch.has_changed());
}

TEST_F(Watched, AReplacedFileOfTheSameSizeIsAChange) {
  write("a");
  FileWatch watch({path_});
  std::ofstream(path_ + ".next") << "b";
  ASSERT_EQ(std::rename((path_ + ".next").c_str(), path_.c_str()), 0);
  EXPECT_TRUE(watch.has_changed());
}

}  // namespace
}  // namespace callgate::gateway
