// SPDX-License-Identifier: Apache-2.0
#include "secrets.hpp"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "environment.hpp"

namespace callgate::config {
namespace {

class SecretFile : public testing::Test {
 protected:
  ~SecretFile() override { std::remove(path_.c_str()); }
  base::Result<Secret> read(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_, std::ios::binary) << text;
    chmod(path_.c_str(), mode);
    return system_secrets().from_file(path_);
  }
  std::string path_ = testing::TempDir() + "callgate_secret_" + std::to_string(getpid());
};

TEST_F(SecretFile, IsOneLine) {
  EXPECT_EQ(read("s3cret").value().value.reveal(), "s3cret");
  EXPECT_EQ(read("s3cret\n").value().value.reveal(), "s3cret");
  EXPECT_EQ(read("s3cret\r\n").value().value.reveal(), "s3cret");
  EXPECT_EQ(read(" with spaces \n").value().value.reveal(), " with spaces ");
  EXPECT_EQ(read(std::string(4096, 'x')).value().value.reveal().size(), 4096U);
}

TEST_F(SecretFile, ThatHoldsNoneIsAnErrorWithoutItsText) {
  for (const std::string& text :
       {std::string(), std::string("\n"), std::string("s3cret\nmore\n"), std::string("s3cret\n\n"),
        std::string("s3cret\0x", 8), std::string(4097, 's')}) {
    const auto secret = read(text);
    ASSERT_FALSE(secret) << text.size();
    EXPECT_NE(secret.error().message.find(path_), std::string::npos);
    EXPECT_EQ(secret.error().message.find("s3cret\n"), std::string::npos);
    EXPECT_EQ(secret.error().message.find("ssss"), std::string::npos);
  }
  EXPECT_FALSE(system_secrets().from_file("/nonexistent"));
  EXPECT_FALSE(system_secrets().from_file(testing::TempDir()));
}

TEST_F(SecretFile, ThatOthersCanReadIsAWarning) {
  EXPECT_EQ(read("s").value().warning, "");
  EXPECT_EQ(read("s", 0640).value().warning,
            "secret file '" + path_ + "' can be read by others; chmod 600 it");
  EXPECT_NE(read("s", 0604).value().warning, "");
}

TEST(SecretVariable, IsOneLine) {
  const char* name = "CALLGATE_TEST_SECRET";
  const auto read = [&] { return system_secrets().from_environment(name); };
  unset_variable(name);
  EXPECT_EQ(read().error().message, "the environment has no 'CALLGATE_TEST_SECRET'; set it to the secret");
  set_variable(name, "");
  EXPECT_FALSE(read());
  set_variable(name, "s3cret");
  EXPECT_EQ(read().value().value.reveal(), "s3cret");
  unset_variable(name);
}

}  // namespace
}  // namespace callgate::config
