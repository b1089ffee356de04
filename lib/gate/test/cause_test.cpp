// SPDX-License-Identifier: Apache-2.0
#include "cause.hpp"

#include <gtest/gtest.h>

#include "tokens.hpp"

namespace callgate::gate {
namespace {

using refusal::Reason;

TEST(Cause, EveryReasonHasACauseAndARemedyWhateverIsKnown) {
  const policy::Claims nothing;
  const policy::Claims* known[] = {nullptr, &nothing};
  const Provider ours = provider();
  for (const Reason reason : refusal::all_reasons()) {
    for (const policy::Claims* claims : known) {
      const Cause cause = find_cause({reason, "", claims, ours, kNow});
      EXPECT_FALSE(cause.likely.empty()) << refusal::to_text(reason);
      EXPECT_FALSE(cause.remedy.empty()) << refusal::to_text(reason);
    }
  }
}

TEST(Cause, IssuersAreToldApart) {
  const Provider ours = provider();
  const struct {
    const char* issuer;
    const char* likely;
  } cases[] = {
      {"", "names no issuer"},
      {"https://issuer.test/", "trailing slash"},
      {"https://login.microsoftonline.com/x/v2.0", "Entra"},
      {"http://127.0.0.1:9100", "emulator"},
      {"http://localhost:9100", "emulator"},
      {"https://other.test", "another issuer"},
  };
  for (const auto& c : cases) {
    policy::Claims claims;
    claims.issuer = c.issuer;
    const Cause cause = find_cause({Reason::issuer_mismatch, "a.b.c", &claims, ours, kNow});
    EXPECT_NE(cause.likely.find(c.likely), std::string::npos) << c.issuer << ": " << cause.likely;
  }
}

TEST(Cause, AClockBehindIsMeasuredByTheLaterTime) {
  const Provider ours = provider();
  policy::Claims claims;
  claims.not_before = kNow + std::chrono::seconds{40};
  EXPECT_EQ(find_cause({Reason::token_not_yet_valid, "", &claims, ours, kNow}).likely,
            "your clock is 40 s behind");
  claims.issued_at = kNow + std::chrono::seconds{90};
  EXPECT_EQ(find_cause({Reason::issued_in_future, "", &claims, ours, kNow}).likely,
            "your clock is 90 s behind");
}

}  // namespace
}  // namespace callgate::gate
