// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/events/consent.hpp>

namespace callgate::events {
namespace {

using http::Headers;

constexpr const char* kOrigin = "WebHook-Request-Origin";
constexpr const char* kRate = "WebHook-Request-Rate";

TEST(Consent, IsAskedForWithOptionsAndAnOrigin) {
  const Headers asking{{"webhook-request-origin", "eventgrid.azure.net"}};
  EXPECT_TRUE(asks_consent("OPTIONS", asking));
  EXPECT_FALSE(asks_consent("OPTIONS", {}));
  EXPECT_FALSE(asks_consent("OPTIONS", {{kRate, "120"}}));
  // The origin stands on every delivery after the handshake.
  EXPECT_FALSE(asks_consent("POST", asking));
  EXPECT_FALSE(asks_consent("options", asking));
}

TEST(Consent, IsGivenToTheOneThatAsked) {
  const struct {
    Headers headers;
    const char* origin;
    const char* rate;
  } rows[] = {
      {{{kOrigin, "eventgrid.azure.net"}}, "eventgrid.azure.net", "*"},
      {{{kOrigin, "eventemitter.example.com"}, {kRate, "120"}}, "eventemitter.example.com", "120"},
      {{{kOrigin, "a.test"}, {kRate, "1"}}, "a.test", "1"},
      {{{kOrigin, "a.test"}, {kRate, "999999999"}}, "a.test", "999999999"},
      {{{kOrigin, "Event-Grid.Example"}}, "Event-Grid.Example", "*"},
      {{{kOrigin, "xn--bcher-kva.example"}}, "xn--bcher-kva.example", "*"},
      {{{kOrigin, "localhost"}}, "localhost", "*"},
      {{{kOrigin, "1.2.example"}}, "1.2.example", "*"},
      // never fetched, hence never looked at
      {{{kOrigin, "a.test"}, {"WebHook-Request-Callback", "http://169.254.169.254/"}}, "a.test", "*"},
      {{{kOrigin, "a.test"}, {"WebHook-Request-Callback", "x"}, {"WebHook-Request-Callback", "y"}},
       "a.test",
       "*"},
  };
  for (const auto& row : rows) {
    const auto consent = read_consent(row.headers);
    ASSERT_TRUE(consent) << row.origin << ": " << consent.error().detail;
    EXPECT_EQ(consent->origin, row.origin);
    EXPECT_EQ(consent->rate, row.rate) << row.origin;
  }
}

TEST(Consent, TakesNamesUpToTheirLimits) {
  const std::string label(63, 'a');
  const std::string name_253 = label + "." + label + "." + label + "." + std::string(61, 'b');
  ASSERT_EQ(name_253.size(), 253U);
  EXPECT_TRUE(read_consent({{kOrigin, label + ".test"}}));
  EXPECT_FALSE(read_consent({{kOrigin, label + "a.test"}}));
  EXPECT_TRUE(read_consent({{kOrigin, name_253}}));
  EXPECT_FALSE(read_consent({{kOrigin, name_253 + "b"}}));
}

TEST(Consent, IsRefusedToAnythingButOneName) {
  const char* bad[] = {"",
                       "*",
                       "*.example.com",
                       "a.test, b.test",
                       "a.test,b.test",
                       "a.test b.test",
                       " a.test",
                       "a.test ",
                       ".",
                       ".a.test",
                       "a.test.",
                       "a..test",
                       "-a.test",
                       "a-.test",
                       "a_b.test",
                       "a.test:443",
                       "https://a.test",
                       "a.test/",
                       "b\xC3\xBC.test",
                       "192.0.2.1",
                       "2001:db8::1",
                       "[::1]",
                       "7",
                       "a.test\tb",
                       "a.test\r\nX: y",
                       "a.test;x",
                       "\"a.test\"",
                       "null/"};
  for (const char* origin : bad) {
    const auto consent = read_consent({{kOrigin, origin}});
    ASSERT_FALSE(consent) << origin;
    EXPECT_EQ(consent.error().reason, refusal::Reason::event_malformed);
  }
  EXPECT_FALSE(read_consent({{kOrigin, std::string("a\0b.test", 8)}}));
  EXPECT_FALSE(read_consent({{kOrigin, std::string(300, 'a')}}));
  EXPECT_FALSE(read_consent({{kOrigin, "a.test"}, {"webhook-request-origin", "a.test"}}));
  EXPECT_FALSE(read_consent({}));
}

TEST(Consent, IsRefusedWithARateThatIsNone) {
  for (const char* rate : {"", "0", "-1", "+1", "01", "1.5", "1e3", "*", "120, 240", "12 0", "1000000000",
                           "x", "99999999999999999999999"}) {
    const auto consent = read_consent({{kOrigin, "a.test"}, {kRate, rate}});
    ASSERT_FALSE(consent) << rate;
    EXPECT_EQ(consent.error().reason, refusal::Reason::event_malformed);
  }
  EXPECT_FALSE(read_consent({{kOrigin, "a.test"}, {kRate, "120"}, {kRate, "120"}}));
}

}  // namespace
}  // namespace callgate::events
