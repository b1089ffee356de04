// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>
#include <callgate/keys_http/key_file.hpp>

#include <cstdio>
#include <fstream>

namespace callgate::keys_http {
namespace {

constexpr base::WallTime kThen{std::chrono::seconds{1'800'000'000}};
const std::string kKeys =
    R"({"keys":[{"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})";

class KeyFile : public testing::Test {
 protected:
  ~KeyFile() override { std::remove(path_.c_str()); }
  std::string refusal() const {
    const auto loaded = load_keys(path_, "https://issuer.test");
    return loaded ? "" : loaded.error().message;
  }
  const std::string path_ = testing::TempDir() + "callgate_key_file_" + std::to_string(getpid());
};

TEST_F(KeyFile, KeepsASetForItsOwnerAlone) {
  ASSERT_TRUE(save_keys(path_, "https://issuer.test", kKeys, kThen));
  struct stat status {};
  ASSERT_EQ(stat(path_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  const auto kept = load_keys(path_, "https://issuer.test");
  ASSERT_TRUE(kept) << kept.error().message;
  EXPECT_NE(kept->keys->find("k"), nullptr);
  EXPECT_EQ(kept->confirmed_at, kThen);
}

TEST_F(KeyFile, IsJudgedWhenRead) {
  EXPECT_NE(refusal().find("No such file"), std::string::npos);
  ASSERT_TRUE(save_keys(path_, "https://other.test", kKeys, kThen));
  EXPECT_NE(refusal().find("another issuer"), std::string::npos);
  ASSERT_TRUE(save_keys(path_, "https://issuer.test", R"({"keys":[]})", kThen));
  EXPECT_NE(refusal().find("no usable key"), std::string::npos);
  ASSERT_TRUE(save_keys(path_, "https://issuer.test", kKeys, kThen));
  chmod(path_.c_str(), 0666);
  EXPECT_NE(refusal().find("others can write it"), std::string::npos);
  for (const char* text : {"", "{", "[]", R"({"issuer":"https://issuer.test"})",
                           R"({"issuer":"https://issuer.test","confirmed_at":"x","key_set":{}})"}) {
    std::remove(path_.c_str());
    std::ofstream(path_) << text;
    EXPECT_NE(refusal(), "") << text;
  }
}

TEST_F(KeyFile, AFailedWriteLeavesTheOldFile) {
  ASSERT_TRUE(save_keys(path_, "https://issuer.test", kKeys, kThen));
  mkdir((path_ + ".new").c_str(), 0700);  // the draft cannot be opened
  EXPECT_FALSE(save_keys(path_, "https://issuer.test", "{}", kThen));
  rmdir((path_ + ".new").c_str());
  EXPECT_EQ(refusal(), "");
}

TEST_F(KeyFile, SomebodyElsesFileIsNotBelieved) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  ASSERT_TRUE(save_keys(path_, "https://issuer.test", kKeys, kThen));
  ASSERT_EQ(chown(path_.c_str(), 12345, 12345), 0);
  EXPECT_NE(refusal().find("belongs to somebody else"), std::string::npos) << refusal();
}

TEST_F(KeyFile, ALinkAPipeAndAFolderAreNotRead) {
  ASSERT_EQ(symlink("/etc/hostname", path_.c_str()), 0);
  EXPECT_NE(refusal(), "");
  std::remove(path_.c_str());
  ASSERT_EQ(mkfifo(path_.c_str(), 0600), 0);
  EXPECT_NE(refusal().find("not a regular file"), std::string::npos) << "and nobody waits for a writer";
  std::remove(path_.c_str());
  ASSERT_EQ(mkdir(path_.c_str(), 0700), 0);
  EXPECT_NE(refusal().find("not a regular file"), std::string::npos);
  rmdir(path_.c_str());
}

// A draft that lies there already could belong to somebody who goes on writing into it.
TEST_F(KeyFile, ADraftThatLiesThereIsNotWrittenInto) {
  std::ofstream(path_ + ".new") << "trap";
  struct stat trap {
  }, kept{};
  const int held = open((path_ + ".new").c_str(), O_RDONLY | O_CLOEXEC);
  ASSERT_EQ(fstat(held, &trap), 0);
  ASSERT_TRUE(save_keys(path_, "https://issuer.test", kKeys, kThen));
  ASSERT_EQ(stat(path_.c_str(), &kept), 0);
  EXPECT_NE(kept.st_ino, trap.st_ino);
  close(held);
  EXPECT_EQ(refusal(), "");
}

TEST_F(KeyFile, AFileThatIsTooLargeIsNotRead) {
  std::ofstream(path_) << std::string(512 * 1024 + 1, ' ');
  chmod(path_.c_str(), 0600);
  EXPECT_NE(refusal().find("too large"), std::string::npos);
}

}  // namespace
}  // namespace callgate::keys_http
