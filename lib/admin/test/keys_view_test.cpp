// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/base/time_text.hpp>
#include <callgate/json/document.hpp>

#include "fake_commands.hpp"

namespace callgate::admin {
namespace {

std::string keys_document(std::vector<KeySourceView> sources) {
  FakeCommands commands;
  commands.sources = std::move(sources);
  const auto response = answer({{"127.0.0.1", 9464}, {}}, commands,
                               request("GET", "/api/v1/keys", {{"Host", "127.0.0.1:9464"}}), "")
                            .response;
  EXPECT_EQ(response.status, 200);
  EXPECT_EQ(response.headers.find("Content-Type"), "application/json");
  return response.body;
}

KeySourceView full() {
  KeySourceView source;
  source.providers = {"acs", "acs-eu"};
  source.issuer = "https://issuer.test";
  source.from = "https://issuer.test/.well-known/openid-configuration";
  source.serving = true;
  source.keys = {{"k1", "RSA", "RS256", 2048, "thumb", *base::parse_rfc3339("2026-09-30T08:15:42Z"),
                  *base::parse_rfc3339("2026-09-30T09:00:00.5Z"), "issuer"},
                 {"k2", "EC", "", 256, "thumb2", {}, {}, "cache"}};
  source.not_used = {{"k3", "symmetric"}};
  source.age_seconds = 1.5;
  source.next_refresh_seconds = 60;
  source.last_error_cause = "dns";
  source.last_error = "no such host";
  source.clock_offset_seconds = -0.25;
  return source;
}

TEST(KeysView, ShowsAllThatIsKnown) {
  EXPECT_EQ(
      keys_document({full()}),
      R"({"sources":[{"providers":["acs","acs-eu"],"issuer":"https://issuer.test",)"
      R"("from":"https://issuer.test/.well-known/openid-configuration","serving":true,"age_seconds":1.5,)"
      R"("next_refresh_seconds":60,"last_error":{"cause":"dns","message":"no such host"},)"
      R"("clock_offset_seconds":-0.25,"keys":[{"kid":"k1","type":"RSA","algorithm":"RS256","bits":2048,)"
      R"("thumbprint":"thumb","first_seen":"2026-09-30T08:15:42.000Z","last_seen":"2026-09-30T09:00:00.500Z",)"
      R"("source":"issuer"},{"kid":"k2","type":"EC","algorithm":null,"bits":256,"thumbprint":"thumb2",)"
      R"("first_seen":"1970-01-01T00:00:00.000Z","last_seen":"1970-01-01T00:00:00.000Z","source":"cache"}],)"
      R"("not_used":[{"kid":"k3","why":"symmetric"}]}]})");
}

TEST(KeysView, WhatIsNotKnownIsNull) {
  KeySourceView pinned;
  pinned.providers = {"own"};
  pinned.from = "keys.json";
  const auto document = json::parse(keys_document({pinned}));
  ASSERT_TRUE(document);
  const auto source = document->root().find("sources")->elements().at(0);
  for (const char* name : {"age_seconds", "next_refresh_seconds", "last_error", "clock_offset_seconds"}) {
    ASSERT_TRUE(source.find(name)) << name;
    EXPECT_EQ(source.find(name)->kind(), json::Kind::null) << name;
  }
  EXPECT_EQ(source.find("serving")->as_bool(), false);
  EXPECT_EQ(source.find("keys")->size(), 0U);
}

TEST(KeysView, AForeignKidStaysText) {
  KeySourceView source = full();
  source.keys[0].kid = "a\"},\n\x1b[31m\x7f\xff";
  const std::string text = keys_document({source});
  EXPECT_EQ(text.find_first_of("\n\x1b\x7f\xff"), std::string::npos);
  const auto document = json::parse(text);
  ASSERT_TRUE(document);
  const auto key = document->root().find("sources")->elements().at(0).find("keys")->elements().at(0);
  EXPECT_EQ(key.find("kid")->as_string(), "a\"},\n\x1b[31m\x7f\xEF\xBF\xBD");
}

TEST(KeysView, NoSourceIsAnEmptyList) {
  EXPECT_EQ(keys_document({}), R"({"sources":[]})");
}

}  // namespace
}  // namespace callgate::admin
