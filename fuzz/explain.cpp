// SPDX-License-Identifier: Apache-2.0
// The first line as a token, what follows it as the body of the callback: explained and judged, with and
// without keys.

#include <algorithm>
#include <callgate/gate/column.hpp>
#include <callgate/gate/explain.hpp>
#include <callgate/jose/key_set.hpp>

#include "fixture.hpp"
#include "fuzz.hpp"

using namespace callgate;

namespace {

void explain(std::string_view token, std::string_view body, const gate::Provider& provider,
             const jose::KeySet* keys) {
  using Result = gate::Check::Result;
  const auto report = gate::explain(token, provider, keys, fuzz::kNow, body);
  const auto failed = std::find_if(report.checks.begin(), report.checks.end(),
                                   [](const auto& check) { return check.result != Result::pass; });
  fuzz::require((report.decision == gate::Decision::admit) == (failed == report.checks.end()),
                "admitted is what passes every check");
  fuzz::require(report.reason.has_value() == (report.decision != gate::Decision::admit),
                "a refusal has a reason");
  fuzz::require(report.likely_cause.empty() == (report.decision == gate::Decision::admit),
                "a refusal has a likely cause");
  fuzz::require(report.decision != gate::Decision::admit || report.claims_are_verified,
                "admitted claims are verified");
  fuzz::require(keys != nullptr || report.decision != gate::Decision::admit, "no keys, no admission");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view body = fuzz::text_of(data, size);
  const std::string_view token = fuzz::take_line(body);
  for (const auto& provider : fuzz::providers()) {
    explain(token, body, provider, &fuzz::keys());
    explain(token, body, provider, nullptr);
  }
  return 0;
}
