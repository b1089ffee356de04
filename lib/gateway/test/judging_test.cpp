// SPDX-License-Identifier: Apache-2.0
#include "judging.hpp"

#include <gtest/gtest.h>

namespace callgate::gateway {
namespace {

TEST(Judging, ARouteHoldsItsPathAndWhatIsBelow) {
  const struct {
    const char* path;
    const char* route;
    bool routed;
  } rows[] = {
      {"/api/callback", "/api/callback", true},
      {"/api/callback/", "/api/callback", true},
      {"/api/callback/x/y", "/api/callback", true},
      {"/api/callbacks", "/api/callback", false},
      {"/api", "/api/callback", false},
      {"/API/callback", "/api/callback", false},
      {"/anything", "/", true},
      {"/callgate", "/", false},
      {"/callgate/authorize/other", "/", false},
      {"/%63allgate/authorize", "/", false},
      {"/callgates", "/", true},
      {"/api/callback/../admin", "/api/callback", false},
      {"/api/callback/..", "/api/callback", false},
      {"/api/callback/.", "/api/callback", false},
      {"/api/callback/./x", "/api/callback", false},
      {"/api/callback//x", "/api/callback", false},
      {"/api/callback/%2e%2E/x", "/api/callback", false},
      {"/api/callback/a%2fb", "/api/callback", false},
      {"/api/callback/a%5Cb", "/api/callback", false},
      {"/api/callback/a\\b", "/api/callback", false},
      {"/api/callback/..x", "/api/callback", true},
      {"/api/callback/%41", "/api/callback", true},
      {"/api/%63allback", "/api/callback", true},  // RFC 3986 section 6.2.2.2: the same path
      {"/api/callback/%2525", "/api/callback", true},
      {"/api/callback/a%20b%", "/api/callback", true},
  };
  for (const auto& row : rows) {
    config::RouteSettings settings;
    settings.path = row.route;
    Judging judging;
    judging.routes.emplace_back().settings = &settings;
    EXPECT_EQ(judging.find_route(row.path) != nullptr, row.routed) << row.path;
  }
}

TEST(Judging, TheFirstRouteThatHoldsThePathIsFound) {
  config::RouteSettings deep, shallow;
  deep.path = "/a/b";
  shallow.path = "/a";
  Judging judging;
  for (const auto* settings : {&deep, &shallow}) judging.routes.emplace_back().settings = settings;
  EXPECT_EQ(judging.find_route("/a/b/c")->settings, &deep);
  EXPECT_EQ(judging.find_route("/a/%62")->settings, &deep) << "the application would read /a/b";
  EXPECT_EQ(judging.find_route("/a/%62/c")->settings, &deep);
  EXPECT_EQ(judging.find_route("/%61/b")->settings, &deep);
  EXPECT_EQ(judging.find_route("/a/bc")->settings, &shallow);
  EXPECT_EQ(judging.find_route("/b"), nullptr);
}

}  // namespace
}  // namespace callgate::gateway
