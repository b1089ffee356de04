// SPDX-License-Identifier: Apache-2.0
// Callbacks as an attacker would send them, against the whole column of gate, and key sets as a broken or
// hostile endpoint would serve them, against what reads them (rules N1 to N20, N33 to N35, N52 to N60, N69
// to N71).

#include <callgate/gate/column.hpp>
#include <callgate/json/document.hpp>
#include <optional>

#include "key_text.hpp"
#include "vectors.hpp"

namespace callgate::conformance {
namespace {

class Attacks : public VectorTest {
 protected:
  void SetUp() override {
    VectorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    folder_ = vectors_ / "attacks-sample";
    const auto parameters = json::parse(read_text(folder_ / "params.json"));
    ASSERT_TRUE(parameters);
    const json::Value root = parameters->root();
    provider_.name = "sample";
    provider_.algorithms = all_algorithms();
    provider_.rules.issuer = text_member(root, "issuer");
    provider_.rules.audiences = {text_member(root, "audience")};
    provider_.rules.clock_skew = std::chrono::seconds(root.find("skew")->as_integer().value());
    provider_.rules.max_lifetime = std::chrono::hours{24 * 366 * 1000};
    now_ = base::WallTime{std::chrono::seconds{root.find("now")->as_integer().value() + 1}};
    for (const std::string& line : read_lines(folder_ / "cases.jsonl")) {
      auto document = json::parse(line, json::Strictness::grammar);
      ASSERT_TRUE(document) << document.error().what;
      cases_.push_back(std::move(*document));
    }
  }

  jose::KeySet read_keys(const char* name) const {
    auto set = jose::KeySet::parse(read_text(folder_ / name));
    EXPECT_TRUE(set) << name;
    return set ? std::move(*set) : jose::KeySet();
  }

  std::filesystem::path folder_;
  gate::Provider provider_;
  base::WallTime now_;
  std::vector<json::Document> cases_;
};

// The fields of a case. Its query stays outside: nothing is ever taken from there.
http::Headers headers_of(const json::Value& attack) {
  http::Headers headers;
  for (const json::Value& field : attack.find("headers")->elements()) {
    const auto parts = field.elements();
    headers.add(std::string(*parts.at(0).as_string()), std::string(*parts.at(1).as_string()));
  }
  const std::string type = text_member(attack, "content_type");
  if (!type.empty()) headers.add("Content-Type", type);
  return headers;
}

std::string body_of(const json::Value& attack) {
  const auto encoded = attack.find("body_b64");
  return encoded && encoded->is_string() ? decode_base64(text_member(attack, "body_b64"))
                                         : text_member(attack, "body");
}

TEST_F(Attacks, EveryCaseGetsTheExpectedVerdict) {
  const jose::KeySet few = read_keys("jwks.json");
  const jose::KeySet full = read_keys("jwks_full.json");
  Tally tally;
  Differences differences("attacks");
  for (const json::Document& document : cases_) {
    const json::Value attack = document.root();
    const std::string requires_what = text_member(attack, "requires");
    ASSERT_TRUE(requires_what.empty() || requires_what == "jwks_full") << requires_what;
    ASSERT_EQ(text_member(attack, "method"), "POST");
    const auto verdict = gate::judge(headers_of(attack), body_of(attack), provider_,
                                     requires_what.empty() ? &few : &full, now_);
    const std::string expect = text_member(attack, "expect");
    expect_answer(differences, text_member(attack, "id"), verdict.has_value(), expect == "accept",
                  text_member(attack, "why") + (verdict ? "" : " Refused: " + verdict.error().detail));
    tally.count(text_member(attack, "class") + ", " + text_member(attack, "strictness") + ", expect " +
                expect + ": " + (verdict ? "admitted" : "refused"));
  }
  tally.print("attacks-sample/cases");
  EXPECT_EQ(differences.unmet(), "");
}

// The keys that a fetch would bring: anything but status 200 is an error (the port of oidc says so), and so
// is a set without a usable key.
std::optional<jose::KeySet> fetched_keys(const json::Value& answer) {
  if (answer.find("status")->as_integer() != 200) return std::nullopt;
  auto set = jose::KeySet::parse(decode_base64(text_member(answer, "body_b64")));
  if (!set || set->keys().empty()) return std::nullopt;
  return std::move(*set);
}

TEST_F(Attacks, KeySetsOfABrokenEndpoint) {
  const json::Value control = cases_.at(0).root();
  ASSERT_EQ(text_member(control, "id").substr(0, 8), "control/");
  Tally tally;
  Differences differences("jwks");
  for (const std::string& line : read_lines(folder_ / "jwks_bodies.jsonl")) {
    const auto document = json::parse(line);
    ASSERT_TRUE(document);
    const json::Value vector = document->root();
    const auto keys = fetched_keys(vector);
    const bool admitted =
        gate::judge(headers_of(control), body_of(control), provider_, keys ? &*keys : nullptr, now_)
            .has_value();
    const std::string expect = text_member(vector, "control_plain");
    expect_answer(differences, text_member(vector, "id"), admitted, expect == "accept",
                  text_member(vector, "why"));
    tally.count("expect " + expect + ": " +
                (admitted ? "admitted"
                 : keys   ? "refused, other keys"
                          : "refused, no keys"));
  }
  tally.print("attacks-sample/jwks_bodies");
  EXPECT_EQ(differences.unmet(), "");
}

}  // namespace
}  // namespace callgate::conformance
