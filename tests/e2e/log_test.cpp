// SPDX-License-Identifier: Apache-2.0
// One line per verdict, and nothing in it that must not be there.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <callgate/json/document.hpp>

#include <algorithm>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

std::vector<std::string> lines_with(const std::string& text, const std::string& word) {
  std::vector<std::string> out;
  for (std::size_t start = 0; start < text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    const std::string line = text.substr(start, end - start);
    if (line.find(word) != std::string::npos) out.push_back(line);
    start = end + 1;
  }
  return out;
}

// Sends one good and several bad callbacks, stops the gateway, returns its log.
std::string log_of(const TestIssuer& issuer, Gateway& gateway) {
  const std::string target = std::string(kPath) + "?callerId=4:+12065550143&token=s3cret";
  post(gateway.address(), target, bearer(issuer.token()), event_body());
  post(gateway.address(), target, bearer(issuer.token({{"exp", "1"}})), event_body());
  post(gateway.address(), target, bearer("not-a-token"), event_body());
  post(gateway.address(), target, {}, event_body());
  request(gateway.address(), "GARBAGE\r\n\r\n");
  gateway.process().signal(SIGTERM);
  gateway.process().wait();
  gateway.process().wait_for_error_text("stopped");
  return gateway.process().errors();
}

void expect_no_secrets(const std::string& log, const std::string& token) {
  for (const std::string& secret :
       {std::string("2065550143"), std::string("s3cret"), std::string("callerId"), std::string("not-a-token"),
        token.substr(0, 20), token.substr(token.size() - 20)}) {
    EXPECT_EQ(log.find(secret), std::string::npos) << secret;
  }
}

TEST(Log, OneTextLinePerVerdict) {
  TestIssuer issuer;
  Gateway gateway(issuer.url());
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string log = log_of(issuer, gateway);
  EXPECT_EQ(lines_with(log, " verdict=").size(), 5U) << log;
  for (const char* word :
       {"verdict=admit reason=- status=200", "reason=token_expired status=401", "reason=token_malformed",
        "reason=token_missing", "reason=http_malformed status=400", "call=3a9f5c10",
        "Microsoft.Communication.CallConnected"}) {
    EXPECT_NE(log.find(word), std::string::npos) << word << "\n" << log;
  }
  expect_no_secrets(log, issuer.token());
  EXPECT_NE(lines_with(log, "http_malformed").at(0).find(" peer=127.0.0.1 "), std::string::npos) << log;
}

TEST(Log, OneJsonLinePerVerdict) {
  TestIssuer issuer;
  Gateway gateway(issuer.url(), {"--log-format", "json"});
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string log = log_of(issuer, gateway);
  const auto verdicts = lines_with(log, "\"event\":\"verdict\"");
  EXPECT_EQ(verdicts.size(), 5U) << log;
  for (const std::string& line : lines_with(log, "")) {
    EXPECT_TRUE(line.empty() || json::parse(line)) << line;
  }
  EXPECT_TRUE(std::any_of(verdicts.begin(), verdicts.end(), [](const std::string& line) {
    return json::parse(line)->root().find("reason")->as_string() == "token_expired";
  }));
  expect_no_secrets(log, issuer.token());
}

// Somebody reads standard error, and then does not any more. A small pipe is full soon.
TEST(Log, AReaderThatHasStoppedHoldsUpNeitherCallbacksNorTheDrain) {
  TestIssuer issuer;
  const Folder folder;
  const std::string fifo = folder.path("errors");
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  const int reader = ::open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_GE(::fcntl(reader, F_SETPIPE_SZ, 4096), 0);
  std::vector<std::string> arguments{"-c", "fifo=$0; exec \"$@\" 2>\"$fifo\"", fifo, CALLGATE_PROGRAM};
  for (const std::string& flag : gateway_flags(issuer.url(), {"--workers", "1"})) arguments.push_back(flag);
  Process gateway("/bin/sh", arguments);
  const auto ready = gateway.wait_for_line("callgate ready");
  ASSERT_TRUE(ready);
  for (int i = 0; i < 200; ++i)
    ASSERT_EQ(post(value_of(*ready, "listen"), kPath, {}, event_body()).status, 401) << i;
  gateway.signal(SIGTERM);
  EXPECT_EQ(gateway.wait(), 0);
  ::close(reader);
}

}  // namespace
}  // namespace callgate::e2e
