// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/json/document.hpp>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

TEST(Status, SaysHowTheGatewayIsSetUpAndWhatShadowModeLetPass) {
  FakeCommands commands;
  commands.checks = {{"keys acs", true, "2 keys"}, {"drain", false, "stopping"}};
  commands.counted.requests = {{"acs", "refuse", "token_expired", 3}};
  commands.counted.connections = 4;
  commands.setup.workers = 2;
  commands.setup.listen = "127.0.0.1:8080";
  commands.setup.routes = {{.path = "/a",
                            .providers = {"acs"},
                            .deliver = "forward",
                            .upstream = "http://127.0.0.1:8000",
                            .authorize = "/callgate/authorize",
                            .shadow = true,
                            .would_have_refused = {{"token_expired", 3}}},
                           {.path = "/b", .query_secret = true, .deliver = "none"}};
  const auto response = answer({{"127.0.0.1", 9464}, {}}, commands,
                               request("GET", "/api/v1/status", {{"Host", "127.0.0.1:9464"}}), "")
                            .response;
  const auto document = json::parse(response.body);
  ASSERT_TRUE(document) << response.body;
  const auto root = document->root();
  EXPECT_FALSE(root.find("ready")->as_bool().value());
  EXPECT_EQ(root.find("connections")->as_integer(), 4);
  EXPECT_TRUE(root.find("config_file")->kind() == json::Kind::null);
  const auto routes = root.find("routes")->elements();
  ASSERT_EQ(routes.size(), 2U);
  EXPECT_EQ(routes[0].find("would_have_refused")->find("token_expired")->as_integer(), 3);
  EXPECT_EQ(routes[0].find("upstream")->as_string(), "http://127.0.0.1:8000");
  EXPECT_TRUE(routes[1].find("query_secret")->as_bool().value());
  EXPECT_TRUE(routes[1].find("upstream")->kind() == json::Kind::null);
  EXPECT_EQ(root.find("requests")->elements()[0].find("count")->as_integer(), 3);
}

}  // namespace
}  // namespace callgate::admin
