// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/admin/health.hpp>

namespace callgate::admin {
namespace {

http::RequestHead request(const std::string& method, const std::string& target) {
  return {.method = method, .target = target, .version_minor = 1, .headers = {}};
}

TEST(Health, LivenessNeverDependsOnKeys) {
  EXPECT_EQ(answer(request("GET", "/livez"), {{"keys", false, "none"}}).status, 200);
}

TEST(Health, ReadinessIsEveryCheck) {
  EXPECT_EQ(answer(request("GET", "/readyz"), {{"keys", true, "2"}, {"disk", true, "ok"}}).status, 200);
  const auto response = answer(request("GET", "/readyz?verbose"),
                               {{"keys", false, "connection refused"}, {"disk", true, "ok"}});
  EXPECT_EQ(response.status, 503);
  EXPECT_EQ(response.body, "[-] keys: connection refused\n[+] disk: ok\nnot ready\n");
}

TEST(Health, NothingElseIsServed) {
  EXPECT_EQ(answer(request("GET", "/"), {}).status, 404);
  EXPECT_EQ(answer(request("GET", "/readyz/x"), {}).status, 404);
  const auto response = answer(request("POST", "/livez"), {});
  EXPECT_EQ(response.status, 405);
  EXPECT_EQ(response.headers.find("Allow"), "GET, HEAD");
}

}  // namespace
}  // namespace callgate::admin
