// SPDX-License-Identifier: Apache-2.0
// The examples of RFC 7515, 7517, 7520, 7638, 7797 and 8037: every signature that callgate's algorithms can
// check must hold, and every form that it does not take (JSON serializations, HMAC, detached and unencoded
// payloads, private and symmetric keys) must be refused.

#include <callgate/digest/base64.hpp>
#include <callgate/jose/compact_token.hpp>
#include <callgate/jose/key_set.hpp>
#include <callgate/json/document.hpp>

#include "key_text.hpp"
#include "vectors.hpp"

namespace callgate::conformance {
namespace {

namespace fs = std::filesystem;

json::Document parse_or_die(const std::string& text) {
  auto document = json::parse(text);
  EXPECT_TRUE(document) << document.error().what;
  return document ? std::move(*document) : std::move(*json::parse("null"));
}

bool is_hmac_or_unsecured(const std::string& algorithm) {
  return algorithm.starts_with("HS") || algorithm == "none";
}

std::string header_text(std::string_view token) {
  return digest::decode_base64url(token.substr(0, token.find('.'))).value_or("{}");
}

std::string trimmed(std::string text) {
  while (!text.empty() && (text.back() == '\n' || text.back() == ' ')) text.pop_back();
  return text;
}

class RfcExamples : public VectorTest {
 protected:
  // A compact token and the JWK that made it (its private half is not used).
  void judge_compact(const std::string& name, const std::string& token, const std::string& jwk_text) {
    const json::Document header = parse_or_die(header_text(token));
    const std::string algorithm = text_member(header.root(), "alg");
    if (is_hmac_or_unsecured(algorithm) || header.root().find("b64")) {
      EXPECT_FALSE(jose::CompactToken::parse(token, all_algorithms())) << name;
      tally_.count("compact, not applicable and refused: " +
                   (header.root().find("b64") ? "unencoded payload" : algorithm));
      return;
    }
    const json::Document jwk = parse_or_die(jwk_text);
    const std::string kid = text_member(header.root(), "kid");
    const std::string public_jwk = jwk_with_kid(jwk_text, jwk.root(), kid, Half::public_only);
    EXPECT_TRUE(signature_of_parts_holds(token, parse_key(public_jwk))) << name;
    const std::string set = R"({"keys":[)" + public_jwk + "]}";
    if (header.root().find("kid")) {
      EXPECT_TRUE(compact_token_holds(token, set)) << name;
      tally_.count("compact, accepted: " + algorithm);
    } else {
      EXPECT_FALSE(compact_token_holds(token, set)) << name;
      tally_.count("compact, signature holds, refused for lack of kid: " + algorithm);
    }
  }

  // One signature of a JSON serialization: callgate takes no such token, its signature check takes the parts.
  void judge_json_signature(const std::string& name, const std::string& payload, const json::Value& part,
                            std::string_view jwk_source, const json::Value& jwk) {
    const std::string header = text_member(part, "protected");
    const json::Document protected_header = parse_or_die(
        digest::decode_base64url(header).value_or("").empty() ? "{}" : header_text(header + "."));
    std::string algorithm = text_member(protected_header.root(), "alg");
    if (const auto open_header = part.find("header"); open_header && algorithm.empty()) {
      algorithm = text_member(*open_header, "alg");
    }
    if (is_hmac_or_unsecured(algorithm)) {
      tally_.count("JSON serialization refused, signature not applicable: " + algorithm);
      return;
    }
    const auto key = parse_key(jwk_with_kid(jwk_source, jwk, "example", Half::public_only));
    const std::string message = header + "." + payload;
    const auto signature = digest::decode_base64url(text_member(part, "signature"));
    EXPECT_TRUE(signature && raw_signature_holds(key, algorithm, message, *signature)) << name;
    tally_.count("JSON serialization refused, its signature holds: " + algorithm);
  }

  void judge_json_token(const std::string& name, const std::string& text, const std::string& keys_text) {
    EXPECT_FALSE(jose::CompactToken::parse(text, all_algorithms())) << name;
    const json::Document token = parse_or_die(text);
    const json::Document keys = parse_or_die(keys_text);
    const std::string payload = text_member(token.root(), "payload");
    const auto set = keys.root().find("keys");
    const auto parts = token.root().find("signatures");
    const auto signatures = parts ? parts->elements() : std::vector{token.root()};
    for (std::size_t i = 0; i < signatures.size(); ++i) {
      const json::Value key = set ? set->elements().at(i) : keys.root();
      judge_json_signature(name, payload, signatures[i], keys_text, key);
    }
  }

  // As it is: usable only if it is public and asymmetric. Its public half: usable if it is asymmetric.
  void judge_key(const std::string& name, const std::string& text) {
    const json::Document jwk = parse_or_die(text);
    const bool symmetric = text_member(jwk.root(), "kty") == "oct";
    const bool secret = symmetric || jwk.root().find("d");
    EXPECT_EQ(parse_key(jwk_with_kid(text, jwk.root(), "example")).has_value(), !secret) << name;
    EXPECT_EQ(parse_key(jwk_with_kid(text, jwk.root(), "example", Half::public_only)).has_value(), !symmetric)
        << name;
    tally_.count(symmetric ? "key, symmetric: refused"
                 : secret  ? "key, private: refused, its public half accepted"
                           : "key, public: accepted");
  }

  void judge_key_set(const std::string& name, const std::string& text) {
    const auto set = jose::KeySet::parse(text);
    ASSERT_TRUE(set) << name;
    const json::Document document = parse_or_die(text);
    for (const json::Value& key : document.root().find("keys")->elements()) {
      // RFC 7517 A.1 holds an encryption key ("use":"enc"), which no signature may use.
      const bool usable = text_member(key, "kty") != "oct" && !key.find("d") && key.find("kid") &&
                          text_member(key, "use") != "enc";
      EXPECT_EQ(set->find(text_member(key, "kid")) != nullptr, usable) << name;
      tally_.count(usable ? "key of a set: usable" : "key of a set: skipped");
    }
  }

  Tally tally_;
};

TEST_F(RfcExamples, FilesOfSignedTextsKeysAndThumbprints) {
  for (const fs::path& file : files_below(vectors_ / "rfc/jose-vectors")) {
    const std::string name = file.filename().string();
    const std::string kind = file.extension().string();
    const auto beside = [&](const char* extension) { return fs::path(file).replace_extension(extension); };
    const std::string text = trimmed(read_text(file));
    if (kind == ".jwsc") {
      judge_compact(name, text, fs::exists(beside(".jwk")) ? read_text(beside(".jwk")) : "{}");
    } else if (kind == ".jwsf" || kind == ".jwsg") {
      judge_json_token(name, text,
                       read_text(fs::exists(beside(".jwkset")) ? beside(".jwkset") : beside(".jwk")));
    } else if (kind == ".jwk") {
      judge_key(name, text);
    } else if (kind == ".jwkset") {
      judge_key_set(name, text);
    } else if (kind == ".thp") {
      const auto key = parse_key(read_text(beside(".jwk")));
      EXPECT_EQ(key ? key->thumbprint() : "", text) << name;
      tally_.count("thumbprint");
    } else {
      tally_.count("no vector: " + name);
    }
  }
  tally_.print("RFC examples (files)");
  EXPECT_EQ(tally_.of("thumbprint"), 1U);
  EXPECT_GT(tally_.total(), 60U);
}

TEST_F(RfcExamples, Cookbook) {
  for (const fs::path& file : files_below(vectors_ / "rfc/cookbook")) {
    if (file.extension() != ".json") continue;
    const std::string name = file.filename().string();
    const std::string text = read_text(file);
    const json::Document document = parse_or_die(text);
    const auto input = document.root().find("input");
    if (!input) {
      judge_key(name, text);
      continue;
    }
    const json::Value keys = *input->find("key");
    const std::string keys_text = keys.is_array() ? R"({"keys":)" + std::string(text_of(text, keys)) + "}"
                                                  : std::string(text_of(text, keys));
    const json::Value output = *document.root().find("output");
    for (const json::Value::Member& form : output.members()) {
      if (form.name == "compact") {
        judge_compact(name, std::string(*form.value.as_string()), keys_text);
      } else {
        judge_json_token(name, std::string(text_of(text, form.value)), keys_text);
      }
    }
  }
  tally_.print("RFC examples (cookbook)");
  EXPECT_GT(tally_.total(), 20U);
}

}  // namespace
}  // namespace callgate::conformance
