// SPDX-License-Identifier: Apache-2.0
// callgate verify: the explanation, its exit codes, and that it never prints a token.
#include <gtest/gtest.h>
#include <unistd.h>
#include <callgate/json/document.hpp>

#include <cstdio>
#include <fstream>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

class Verify : public testing::Test {
 protected:
  Verify() { std::ofstream(keys_) << issuer_.key_set(); }
  ~Verify() override {
    std::remove(keys_.c_str());
    std::remove(file_.c_str());
  }
  // Runs verify offline; the token goes in on standard input.
  int run(const std::string& token, std::vector<std::string> more = {}) {
    std::vector<std::string> flags{"verify",      "--audience", kAudience, "--issuer",
                                   issuer_.url(), "--keys",     keys_};
    flags.insert(flags.end(), more.begin(), more.end());
    Process process(CALLGATE_PROGRAM, flags, token);
    const int code = process.wait();
    output_ = process.output();
    errors_ = process.errors();
    return code;
  }
  bool says(const std::string& text) const { return output_.find(text) != std::string::npos; }

  TestIssuer issuer_;
  const std::string keys_ = testing::TempDir() + "callgate_e2e_verify_keys_" + std::to_string(getpid());
  const std::string file_ = testing::TempDir() + "callgate_e2e_verify_file_" + std::to_string(getpid());
  std::string output_, errors_;
};

TEST_F(Verify, AdmitsOfflineInEverySpelling) {
  const std::string token = issuer_.token();
  EXPECT_EQ(run(token), 0) << output_ << errors_;
  EXPECT_EQ(run("Bearer " + token + "\n"), 0) << output_;
  EXPECT_TRUE(says("verdict       admit"));
  EXPECT_FALSE(says("FAIL"));
  EXPECT_EQ(run("", {"--token", token}), 0);
  std::ofstream(file_) << token;
  EXPECT_EQ(run("", {"--token-file", file_}), 0);
  EXPECT_FALSE(says(token.substr(token.size() - 30))) << "never the token";
}

TEST_F(Verify, ExplainsARefusalWithMarginAndCause) {
  const std::int64_t now = now_seconds();
  EXPECT_EQ(run(issuer_.token({{"exp", std::to_string(now - 100)},
                               {"iat", std::to_string(now - 400)},
                               {"nbf", std::to_string(now - 400)}})),
            1);
  EXPECT_TRUE(says("token_expired")) << output_;
  EXPECT_TRUE(says("your clock is up to 10")) << output_;
  EXPECT_EQ(run(issuer_.token({{"exp", std::to_string(now + 86400)}})), 1);
  EXPECT_TRUE(says("WebSocket token")) << output_;
  EXPECT_EQ(run(issuer_.token({{"aud", "\"other\""}})), 1);
  EXPECT_TRUE(says("another resource")) << output_;
  EXPECT_EQ(run("garbage"), 1);
  EXPECT_TRUE(says("token_malformed")) << output_;
}

TEST_F(Verify, JudgesAsOfAnotherTime) {
  const std::string old =
      issuer_.token({{"exp", "1759220442"}, {"iat", "1759220142"}, {"nbf", "1759220142"}});
  EXPECT_EQ(run(old), 1);
  EXPECT_EQ(run(old, {"--at", "2025-09-30T08:20:00Z"}), 0) << output_;
}

TEST_F(Verify, ChecksTheBodyToo) {
  std::ofstream(file_) << event_body();
  EXPECT_EQ(run(issuer_.token(), {"--body", file_}), 0) << output_;
  std::ofstream(file_) << "{}";
  EXPECT_EQ(run(issuer_.token(), {"--body", file_}), 1);
  EXPECT_TRUE(says("event_malformed")) << output_;
}

TEST_F(Verify, PrintsJson) {
  EXPECT_EQ(run(issuer_.token({{"iss", "\"x\""}}), {"-o", "json"}), 1);
  const auto document = json::parse(output_);
  ASSERT_TRUE(document) << output_;
  EXPECT_EQ(document->root().find("reason")->as_string(), "issuer_mismatch");
  EXPECT_GE(document->root().find("checks")->size(), 10U);
}

TEST_F(Verify, FetchesKeysFromTheIssuer) {
  const std::vector<std::string> online{"verify",   "--audience",  kAudience,
                                        "--issuer", issuer_.url(), "--insecure-http-issuer"};
  Process good(CALLGATE_PROGRAM, online, issuer_.token());
  EXPECT_EQ(good.wait(), 0) << good.output() << good.errors();
  issuer_.set_down(true);
  Process down(CALLGATE_PROGRAM, online, issuer_.token());
  EXPECT_EQ(down.wait(), 3);
  EXPECT_TRUE(down.wait_for_error_text("HTTP status 503"));
}

TEST_F(Verify, WrongUseIsExit2) {
  EXPECT_EQ(run("", {"--token", "a", "--token-file", "b"}), 2);
  EXPECT_EQ(run("", {"--at", "noon"}), 2);
  EXPECT_EQ(run("", {"--token-file", "/nonexistent"}), 2);
  Process process(CALLGATE_PROGRAM, {"verify"});
  EXPECT_EQ(process.wait(), 2);
}

TEST(Keys, TheVerbShowsTheSetAndWhatIsNotUsed) {
  const TestIssuer issuer;
  Process online(CALLGATE_PROGRAM, {"keys", "--issuer", issuer.url(), "--insecure-http-issuer"});
  EXPECT_EQ(online.wait(), 0) << online.errors();
  EXPECT_NE(online.output().find("1 usable, 0 not used"), std::string::npos) << online.output();
  EXPECT_NE(online.output().find(issuer.key().kid()), std::string::npos);

  const std::string path = testing::TempDir() + "callgate_e2e_key_set_" + std::to_string(getpid());
  std::string set = issuer.key_set();
  set.insert(set.find('[') + 1, R"({"kty":"oct","k":"c2VjcmV0","kid":"shared"},)");
  std::ofstream(path) << set;
  Process pinned(CALLGATE_PROGRAM, {"keys", "--keys", path, "-o", "json"});
  EXPECT_EQ(pinned.wait(), 0) << pinned.errors();
  const auto document = json::parse(pinned.output());
  ASSERT_TRUE(document) << pinned.output();
  EXPECT_EQ(document->root().find("keys")->size(), 1U);
  EXPECT_EQ(document->root().find("not_used")->elements().at(0).find("kid")->as_string(), "shared");

  std::ofstream(path) << R"({"keys":[]})";
  Process empty(CALLGATE_PROGRAM, {"keys", "--keys", path});
  EXPECT_EQ(empty.wait(), 3);
  std::remove(path.c_str());
  Process missing(CALLGATE_PROGRAM, {"keys", "--keys", path});
  EXPECT_EQ(missing.wait(), 3);
}

TEST(Check, SaysWhatADeploymentWouldSee) {
  TestIssuer issuer;
  const std::vector<std::string> flags{
      "check", "--online", "--audience", kAudience, "--issuer", issuer.url(), "--insecure-http-issuer"};
  Process well(CALLGATE_PROGRAM, flags);
  EXPECT_EQ(well.wait(), 0) << well.output() << well.errors();
  EXPECT_NE(well.output().find("1 usable"), std::string::npos) << well.output();
  EXPECT_NE(well.output().find("clock"), std::string::npos);

  issuer.set_down(true);
  Process down(CALLGATE_PROGRAM, flags);
  EXPECT_EQ(down.wait(), 1);
  EXPECT_NE(down.output().find("HTTP status 503 (http_status)"), std::string::npos) << down.output();

  Process offline(CALLGATE_PROGRAM, {"check", "--audience", "/subscriptions/x", "-o", "json"});
  EXPECT_EQ(offline.wait(), 1) << "an audience that is no GUID";
  EXPECT_TRUE(json::parse(offline.output()));
  Process usage(CALLGATE_PROGRAM, {"check"});
  EXPECT_EQ(usage.wait(), 2);
}

}  // namespace
}  // namespace callgate::e2e
