// SPDX-License-Identifier: Apache-2.0
// The configuration file as an operator meets it: what is refused at start, and what wins over what.
#include <gtest/gtest.h>

#include <deque>

#include "rig.hpp"

namespace callgate::e2e {
namespace {

Process serve(const std::vector<std::string>& more) {
  std::vector<std::string> arguments{"serve"};
  arguments.insert(arguments.end(), more.begin(), more.end());
  return Process(CALLGATE_PROGRAM, arguments);
}

TEST(ConfigFile, AMistakeIsToldWithItsPlaceAndTheGatewayDoesNotStart) {
  const Folder folder;
  const std::string file = folder.write("callgate.toml",
                                        "[server]\nlisten = \"127.0.0.1:0\"\nadmim = \"off\"\n"
                                        "[[provider]]\nname = \"acs\"\naudiences = []\n"
                                        "[[route]]\npath = \"/x\"\nproviders = [\"asc\"]\n");
  Process gateway = serve({"--config", file});
  EXPECT_EQ(gateway.wait(), 2);
  const std::string errors = gateway.errors();
  EXPECT_NE(errors.find(file + ":3:1: "), std::string::npos) << errors;
  EXPECT_NE(errors.find("did you mean 'admin'"), std::string::npos) << errors;
  EXPECT_NE(errors.find(file + ":6:"), std::string::npos) << errors;
  EXPECT_NE(errors.find(file + ":9:"), std::string::npos) << errors;
  EXPECT_NE(errors.find("did you mean 'acs'"), std::string::npos) << errors;
}

TEST(ConfigFile, FlagsOfAProviderBesideOneInTheFileAreRefused) {
  const Folder folder;
  const std::string file =
      folder.write("callgate.toml", std::string("[[provider]]\nname = \"acs\"\naudiences = [\"") + kAudience +
                                        "\"]\n[[route]]\npath = \"/x\"\nproviders = [\"acs\"]\n");
  Process gateway = serve({"--config", file, "--audience", kAudience});
  EXPECT_EQ(gateway.wait(), 2);
  EXPECT_NE(gateway.errors().find("--audience"), std::string::npos) << gateway.errors();
}

TEST(ConfigFile, CheckFindsWhatServeWouldRefuse) {
  const Folder folder;
  const std::string good = folder.write(
      "good.toml", std::string("[[provider]]\nname = \"acs\"\naudiences = [\"") + kAudience +
                       "\"]\n[[route]]\npath = \"/x\"\nproviders = [\"acs\"]\nreplay = \"off\"\n");
  Process well(CALLGATE_PROGRAM, {"check", "--config", good});
  EXPECT_EQ(well.wait(), 0) << well.output() << well.errors();
  const std::string bad = folder.write("bad.toml", "[server]\nlisen = \"127.0.0.1:1\"\n[server\n");
  const std::string unknown = folder.write("unknown.toml", "[server]\nlisen = \"127.0.0.1:1\"\n");
  for (const std::string& file : {bad, unknown}) {
    Process finds(CALLGATE_PROGRAM, {"check", "--config", file});
    EXPECT_EQ(finds.wait(), 1);
    EXPECT_TRUE(finds.errors().starts_with(file + ":")) << finds.errors();
    Process tells(CALLGATE_PROGRAM, {"check", "--config", file, "-o", "json"});
    EXPECT_EQ(tells.wait(), 1);
    EXPECT_NE(tells.output().find(R"("ok":false,"what":"configuration","detail":")" + file + ":"),
              std::string::npos)
        << tells.output();
  }
  Process flag(CALLGATE_PROGRAM, {"check", "--config", good, "--path", "/y"});
  EXPECT_EQ(flag.wait(), 2) << "what is wrong is not in the file";
  Process missing(CALLGATE_PROGRAM, {"check", "--config", folder.path("none.toml")});
  EXPECT_EQ(missing.wait(), 2);
  EXPECT_NE(missing.errors().find("none.toml"), std::string::npos);
}

TEST(ConfigFile, AFlagBeatsTheFile) {
  TestIssuer issuer;
  const Folder folder;
  const std::string file =
      folder.write("callgate.toml", "[server]\nlisten = \"192.0.2.1:1\"\nadmin = \"127.0.0.1:0\"\n");
  std::vector<std::string> arguments = gateway_flags(issuer.url(), {"--config", file});
  Gateway gateway = Gateway::with(arguments);
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

TEST(ConfigFile, LimitsAreThoseOfTheFile) {
  TestIssuer issuer;
  const Folder folder;
  const std::string file =
      folder.write("callgate.toml",
                   "[server]\nreveal_reasons = false\n[server.limits]\nbody_bytes_max = \"1KiB\"\n"
                   "target_bytes_max = 256\nheader_count_max = 10\nhead_bytes_max = \"4KiB\"\n");
  Gateway gateway = Gateway::with(gateway_flags(issuer.url(), {"--config", file}));
  ASSERT_TRUE(gateway.becomes_ready());
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
  EXPECT_EQ(gateway.callback(issuer.token(), std::string(1025, ' ')).status, 413);
  EXPECT_EQ(get(gateway.address(), "/" + std::string(256, 'a')).status, 414);
  http::Headers many = bearer(issuer.token());
  for (int i = 0; i < 10; ++i) many.add("x", "y");
  EXPECT_EQ(post(gateway.address(), kPath, many, event_body()).status, 431);
  EXPECT_EQ(post(gateway.address(), kPath, {{"x", std::string(4096, 'a')}}, "").status, 431);
  const Answer refused = gateway.callback("a.b.c", "");
  EXPECT_EQ(refused.status, 401);
  EXPECT_EQ(refused.body.find("reason"), std::string::npos) << refused.body;
  EXPECT_EQ(refused.body.find("detail"), std::string::npos) << refused.body;
}

TEST(ConfigFile, EnoughRequestsInWorkAreEnough) {
  TestIssuer issuer;
  const Folder folder;
  const std::string file =
      folder.write("callgate.toml", "[server]\nworkers = 1\n[server.limits]\nrequests_in_flight_max = 1\n");
  Gateway gateway = Gateway::with(gateway_flags(issuer.url(), {"--config", file}));
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string body = event_body();
  Wire slow(gateway.address());
  slow.send(expecting_head(issuer.token(), body));
  ASSERT_EQ(slow.receive().status, 100) << "its token holds, its body is awaited";
  const Answer refused = gateway.callback(issuer.token(), body);
  EXPECT_EQ(refused.status, 503);
  EXPECT_EQ(refused.reason(), "overloaded");
  EXPECT_EQ(refused.headers.count("Retry-After"), 1U);
  slow.send(body);
  EXPECT_EQ(slow.receive().status, 200);
  EXPECT_EQ(gateway.callback(issuer.token(), body).status, 200);
}

// With next to no patience a crowd is enough, whatever the machine can do.
TEST(ConfigFile, WhatCannotBeJudgedInTimeIsToldSoEarly) {
  TestIssuer issuer;
  const Folder folder;
  const std::string file =
      folder.write("callgate.toml", "[server]\nworkers = 1\n[server.limits]\noverload_after = \"1ms\"\n");
  Gateway gateway = Gateway::with(gateway_flags(issuer.url(), {"--config", file}));
  ASSERT_TRUE(gateway.becomes_ready());
  const std::string callback = post_text(kPath, bearer(issuer.token()), event_body());
  std::deque<Wire> crowd;
  for (int i = 0; i < 300; ++i) crowd.emplace_back(gateway.address());
  int admitted = 0, refused = 0;
  while (refused == 0) {
    for (const Wire& one : crowd) one.send(callback);
    for (Wire& one : crowd) {
      const Answer answer = one.receive();
      if (answer.status == 200) {
        ++admitted;
        continue;
      }
      ASSERT_EQ(answer.status, 503);
      EXPECT_EQ(answer.reason(), "overloaded");
      EXPECT_EQ(answer.headers.count("Retry-After"), 1U);
      EXPECT_NE(answer.headers.find("Connection").value_or(""), "close") << "it may try again";
      ++refused;
    }
  }
  EXPECT_GT(admitted, 0);
  EXPECT_EQ(gateway.callback(issuer.token(), event_body()).status, 200);
}

}  // namespace
}  // namespace callgate::e2e
