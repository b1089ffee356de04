// SPDX-License-Identifier: Apache-2.0
// The signature layer against Wycheproof, RFC examples and Ed25519 edge cases (rules N1, N7, N8, N21 to N27,
// N29, N32).

#include <callgate/digest/base64.hpp>
#include <callgate/jose/compact_token.hpp>
#include <callgate/json/document.hpp>
#include <callgate/json/writer.hpp>
#include <memory>
#include <set>

#include "key_text.hpp"
#include "vectors.hpp"

namespace callgate::conformance {
namespace {

constexpr const char* kOwnKid = "vector";

class Signatures : public VectorTest {
 protected:
  void SetUp() override {
    VectorTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    keys_text_ = read_text(vectors_ / "signatures/signatures.keys.json");
    auto document = json::parse(keys_text_, json::Strictness::grammar, {.bytes_max = std::size_t{1} << 24});
    ASSERT_TRUE(document) << document.error().what;
    keys_ = std::make_unique<json::Document>(std::move(*document));
    entries_ = keys_->root().elements();
  }

  const json::Value& key_of(const json::Value& vector) const {
    return entries_.at(static_cast<std::size_t>(vector.find("key_ref")->as_integer().value()));
  }

  std::optional<jose::Key> single_key(const json::Value& vector) const {
    return parse_key(jwk_with_kid(keys_text_, key_of(vector), kOwnKid));
  }

  // A key set: as it is, or the one key, which takes the token's kid if it has none.
  std::string set_of(const json::Value& vector, const std::string& token_kid) const {
    const json::Value& key = key_of(vector);
    if (key.find("keys")) return std::string(text_of(keys_text_, key));
    return R"({"keys":[)" + jwk_with_kid(keys_text_, key, token_kid) + "]}";
  }

  bool accepts(const json::Value& vector, std::string_view line) const {
    const std::string kind = text_member(vector, "kind");
    if (kind == "raw") {
      return raw_signature_holds(single_key(vector), text_member(vector, "alg"),
                                 decode_hex(text_member(vector, "msg")),
                                 decode_hex(text_member(vector, "sig")));
    }
    const json::Value jws = *vector.find("jws");
    const std::string token(jws.is_string() ? *jws.as_string() : text_of(line, jws));
    const auto parsed = jose::CompactToken::parse(token, all_algorithms());
    return compact_token_holds(token, set_of(vector, parsed ? parsed->kid() : kOwnKid));
  }

  // What the list of differences says must be the reason: a curve that is not supported, or a token without
  // kid, whose signature holds all the same.
  void expect_refused_by_choice(const json::Value& vector) const {
    if (text_member(vector, "kind") == "raw") {
      EXPECT_EQ(text_member(key_of(vector), "crv"), "Ed448");
      EXPECT_FALSE(single_key(vector));
      return;
    }
    const std::string token = text_member(vector, "jws");
    const auto refused = jose::CompactToken::parse(token, all_algorithms());
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().detail, "header member 'kid' is missing");
    EXPECT_TRUE(signature_of_parts_holds(token, single_key(vector))) << text_member(vector, "id");
  }

  std::string keys_text_;
  std::unique_ptr<json::Document> keys_;
  std::vector<json::Value> entries_;
};

TEST_F(Signatures, EveryVectorGetsTheExpectedVerdict) {
  Tally tally;
  Differences differences("signatures");
  std::set<std::string> open_accepts;
  for (const std::string& line : read_lines(vectors_ / "signatures/signatures.jsonl")) {
    const auto document = json::parse(line);
    ASSERT_TRUE(document) << document.error().what;
    const json::Value vector = document->root();
    const std::string id = text_member(vector, "id");
    const std::string kind = text_member(vector, "kind");
    const std::string expect = text_member(vector, "expect");
    if (kind == "thumbprint") {
      const auto key = single_key(vector);
      EXPECT_EQ(key ? key->thumbprint() : "", expect) << id;
      tally.count("thumbprint");
      continue;
    }
    const bool accepted = accepts(vector, line);
    std::string label = kind;
    label.append(" ").append(text_member(vector, "alg")).append(" expect ").append(expect);
    tally.count(label.append(accepted ? ": accepted" : ": refused"));
    if (expect == "either") {
      if (accepted) open_accepts.insert(id);
      continue;
    }
    expect_answer(differences, id, accepted, expect == "accept", text_member(vector, "note"));
    if (accepted != (expect == "accept")) expect_refused_by_choice(vector);
  }
  tally.print("signatures");
  EXPECT_EQ(differences.unmet(), "");
  EXPECT_EQ(open_accepts, words_of_group("recorded_accepts.txt", "signatures"))
      << "an open case changed its answer";
  EXPECT_GT(tally.total(), 2400U);
}

TEST_F(Signatures, Ed25519EdgeCasesKeepTheirAnswers) {
  const std::string text = read_text(vectors_ / "signatures/cctv_ed25519_record_only.json");
  const auto document = json::parse(text, json::Strictness::i_json, {.bytes_max = std::size_t{1} << 24});
  ASSERT_TRUE(document);
  Tally tally;
  std::set<std::string> accepts;
  for (const json::Value& vector : document->root().elements()) {
    json::Writer jwk;
    jwk.begin_object().member("kid", kOwnKid).member("kty", "OKP").member("crv", "Ed25519");
    jwk.member("x", digest::encode_base64url(decode_hex(text_member(vector, "key")))).end_object();
    const bool accepted = raw_signature_holds(parse_key(jwk.take()), "EdDSA", text_member(vector, "msg"),
                                              decode_hex(text_member(vector, "sig")));
    tally.count(accepted ? "accepted" : "refused");
    if (accepted) accepts.insert(std::to_string(vector.find("number")->as_integer().value()));
  }
  tally.print("Ed25519 edge cases");
  EXPECT_EQ(accepts, words_of_group("recorded_accepts.txt", "cctv"));
}

}  // namespace
}  // namespace callgate::conformance
