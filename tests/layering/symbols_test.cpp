// SPDX-License-Identifier: Apache-2.0
// What is linked where, as nm sees it: the gateway cannot sign, and the judging rooms have no HMAC to be
// confused with.

#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <regex>

#include "source_text.hpp"

namespace callgate::layering {
namespace {

// Lines of `nm` with demangled names; an empty text is a failed test.
std::string symbols_of(const std::string& file) {
  const std::string command = "'" CALLGATE_NM "' --demangle '" + file + "' 2>&1";
  std::string out;
  // NOLINTNEXTLINE(cert-env33-c): our own words
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) {
    ADD_FAILURE() << "cannot run " << command;
    return out;
  }
  std::array<char, 4096> chunk{};
  while (const std::size_t size = std::fread(chunk.data(), 1, chunk.size(), pipe))
    out.append(chunk.data(), size);
  EXPECT_EQ(pclose(pipe), 0) << out.substr(0, 500);
  EXPECT_FALSE(out.empty()) << file << " has no symbols";
  return out;
}

bool mentions(const std::string& symbols, const std::string& word) {
  return symbols.find(word) != std::string::npos;
}

bool refers_to_hmac(const std::string& symbols) {
  static const std::regex hmac(
      "\\bU "
      "(callgate::digest::hmac|HMAC|EVP_MAC|EVP_Q_mac|EVP_PKEY_new_mac_key|EVP_PKEY_new_raw_private_key)[A-"
      "Za-z_0-9]*",
      std::regex::optimize);
  return std::regex_search(symbols, hmac);
}

std::string program(const std::string& name) {
  return std::string(CALLGATE_BIN_DIR) + "/" + name;
}

TEST(Symbols, GatewayCannotSignTokens) {
  if (!std::filesystem::exists(source_root() / "app/CMakeLists.txt"))
    GTEST_SKIP() << "there are no programs yet";
  EXPECT_TRUE(mentions(symbols_of(program("callgate-emulator")), "callgate::mint::"));
  const std::string gateway = symbols_of(program("callgate"));
  EXPECT_TRUE(mentions(gateway, "callgate::jose::"));
  EXPECT_FALSE(mentions(gateway, "callgate::mint::"));
}

TEST(Symbols, JudgingRoomsHaveNoHmac) {
  if (std::string(CALLGATE_ARCHIVE_MINT).empty()) GTEST_SKIP() << "there is no mint yet";
  EXPECT_TRUE(refers_to_hmac(symbols_of(CALLGATE_ARCHIVE_MINT))) << "the test would not see an HMAC";
  for (const std::string archive :
       {CALLGATE_ARCHIVE_JOSE, CALLGATE_ARCHIVE_POLICY, CALLGATE_ARCHIVE_OIDC, CALLGATE_ARCHIVE_GATE}) {
    if (archive.empty()) continue;  // not built yet
    EXPECT_FALSE(refers_to_hmac(symbols_of(archive))) << archive;
  }
}

std::size_t count_of(const std::string& text, const std::string& word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

// One fuzz target brings a signature check of its own that always says yes (fuzz/accept_any_signature.cpp).
TEST(Symbols, OnlyOneFuzzTargetTakesAnySignature) {
  const std::string stand_in = "callgate_fuzz_accepts_any_signature";
  const std::string real = "U EVP_PKEY_verify";
  const std::string fuzz = symbols_of(CALLGATE_PROGRAM_VERDICT);
  EXPECT_TRUE(mentions(fuzz, stand_in)) << "the test would not see it";
  EXPECT_FALSE(mentions(fuzz, real));
  for (const std::string& shipped :
       {std::string(CALLGATE_ARCHIVE_JOSE), std::string(CALLGATE_ARCHIVE_LIBRARY), program("callgate")}) {
    const std::string symbols = symbols_of(shipped);
    EXPECT_FALSE(mentions(symbols, stand_in)) << shipped;
    EXPECT_TRUE(mentions(symbols, real)) << shipped;
    EXPECT_EQ(count_of(symbols, " T callgate::jose::signature_holds("), 1U) << shipped;
  }
}

TEST(Symbols, ProductionCodeHasNoSwitchForFuzzing) {
  const std::regex word("fuzz", std::regex::icase | std::regex::optimize);
  EXPECT_TRUE(std::regex_search("#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION", word));
  for (const auto& file : cpp_files({"lib", "adapters", "app"}))
    EXPECT_FALSE(std::regex_search(read_text(source_root() / file), word)) << file;
}

}  // namespace
}  // namespace callgate::layering
