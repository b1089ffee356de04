// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/http/bearer.hpp>

namespace callgate::http {
namespace {

using refusal::Reason;

TEST(Bearer, TakesTheTokenInEverySpellingOfTheScheme) {
  for (const char* value : {"Bearer a.b.c", "bearer a.b.c", "BEARER   a.b.c", " Bearer a.b.c "}) {
    const Headers headers{{"authorization", value}};
    EXPECT_EQ(read_bearer(headers).value(), "a.b.c") << value;
  }
}

TEST(Bearer, RefusesEverythingElseWithItsReason) {
  struct Case {
    Headers headers;
    Reason reason;
  } const cases[] = {
      {{}, Reason::token_missing},
      {{{"Cookie", "Authorization=Bearer a.b.c"}}, Reason::token_missing},
      {{{"Authorization", ""}}, Reason::token_malformed},
      {{{"Authorization", "  "}}, Reason::token_malformed},
      {{{"Authorization", "Basic dTpw"}}, Reason::scheme_unsupported},
      {{{"Authorization", "a.b.c"}}, Reason::scheme_unsupported},
      {{{"Authorization", "Bearer: a.b.c"}}, Reason::scheme_unsupported},
      {{{"Authorization", "Bearera.b.c"}}, Reason::scheme_unsupported},
      {{{"Authorization", "Bearer"}}, Reason::token_malformed},
      {{{"Authorization", "Bearer  "}}, Reason::token_malformed},
      {{{"Authorization", "Bearer a"}, {"authorization", "Bearer b"}}, Reason::token_malformed},
  };
  for (const auto& c : cases) {
    const auto token = read_bearer(c.headers);
    ASSERT_FALSE(token);
    EXPECT_EQ(token.error().reason, c.reason) << refusal::to_text(token.error().reason);
  }
}

}  // namespace
}  // namespace callgate::http
