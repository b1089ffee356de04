// SPDX-License-Identifier: Apache-2.0
// Tokens, claims, keys and metadata from other projects' tests, valid and broken, to everything that reads
// such texts. There is no verdict: nothing may crash, and nothing may be admitted (rules N18, N32).

#include <callgate/gate/explain.hpp>
#include <callgate/jose/compact_token.hpp>
#include <callgate/jose/key_set.hpp>
#include <callgate/json/document.hpp>
#include <callgate/oidc/discovery.hpp>
#include <callgate/policy/claims.hpp>

#include "key_text.hpp"
#include "vectors.hpp"

namespace callgate::conformance {
namespace {

class JwtSeeds : public VectorTest {
 protected:
  JwtSeeds() {
    provider_.algorithms = all_algorithms();
    provider_.rules.issuer = "https://issuer.test";
    provider_.rules.audiences = {"nobody"};
    issuer_.issuer = "https://i.test";
  }

  void read_everywhere(const std::string& text, const jose::KeySet* keys) {
    count("compact token", jose::CompactToken::parse(text, all_algorithms()).has_value());
    const auto inspected = jose::TokenInspection::of(text);
    count("inspected header", !inspected.unverified_header().empty());
    count("claims", policy::read_unverified_claims(text).has_value());
    count("claims of a token", policy::read_unverified_claims(inspected.unverified_payload()).has_value());
    count("key set", jose::KeySet::parse(text).has_value());
    count("key", parse_key(text).has_value());
    count("metadata", oidc::parse_discovery(text, issuer_).has_value());
    const auto report =
        gate::explain(text, provider_, keys, base::WallTime{std::chrono::seconds{1'800'000'000}});
    EXPECT_NE(report.decision, gate::Decision::admit) << text;
    EXPECT_FALSE(report.likely_cause.empty()) << text;
  }

  void count(const char* what, bool reads) {
    tally_.count(std::string(what) + (reads ? ": reads" : ": refused"));
  }

  gate::Provider provider_;
  oidc::Issuer issuer_;
  Tally tally_;
};

TEST_F(JwtSeeds, NothingCrashesAndNothingIsAdmitted) {
  const auto files = files_below(vectors_ / "jwt-seeds");
  std::vector<jose::KeySet> sets;
  for (const auto& file : files) {
    if (auto set = jose::KeySet::parse(read_text(file))) sets.push_back(std::move(*set));
  }
  for (const auto& file : files) {
    const std::string text = read_text(file);
    read_everywhere(text, nullptr);
    for (const jose::KeySet& set : sets) read_everywhere(text, &set);
    // Cut short, and with one byte changed, it must be as harmless.
    for (std::size_t i = 0; i < text.size(); i += 1 + text.size() / 64) {
      std::string changed = text;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      read_everywhere(text.substr(0, i), nullptr);
      read_everywhere(changed, nullptr);
    }
  }
  tally_.print("jwt-seeds (" + std::to_string(files.size()) + " files, whole, cut and changed)");
  EXPECT_GT(files.size(), 20U);
}

}  // namespace
}  // namespace callgate::conformance
