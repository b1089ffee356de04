// SPDX-License-Identifier: Apache-2.0
#include "key_text.hpp"

#include <algorithm>
#include <array>
#include <callgate/digest/base64.hpp>
#include <callgate/jose/compact_token.hpp>
#include <callgate/jose/key_set.hpp>
#include <callgate/jose/verify.hpp>
#include <callgate/json/writer.hpp>

#include "signature.hpp"

namespace callgate::conformance {

jose::AlgorithmSet all_algorithms() {
  jose::AlgorithmSet set;
  for (int i = 0; i < jose::kAlgorithmCount; ++i) set.add(static_cast<jose::Algorithm>(i));
  return set;
}

std::string_view text_of(std::string_view source, const json::Value& value) {
  return source.substr(value.begin_offset(), value.end_offset() - value.begin_offset());
}

std::string text_member(const json::Value& object, std::string_view name) {
  const auto member = object.find(name);
  return std::string(member ? member->as_string().value_or("") : "");
}

std::string jwk_with_kid(std::string_view source, const json::Value& jwk, std::string_view kid, Half half) {
  static constexpr std::array<std::string_view, 8> kPrivate{"d", "p", "q", "dp", "dq", "qi", "oth", "k"};
  json::Writer out;
  out.begin_object();
  for (const json::Value::Member& member : jwk.members()) {
    if (half == Half::public_only &&
        std::find(kPrivate.begin(), kPrivate.end(), member.name) != kPrivate.end()) {
      continue;
    }
    out.name(member.name).raw(text_of(source, member.value));
  }
  if (!jwk.find("kid")) out.member("kid", kid);
  out.end_object();
  return out.take();
}

std::optional<jose::Key> parse_key(const std::string& jwk) {
  const auto document = json::parse(jwk);
  if (!document) return std::nullopt;
  auto key = jose::Key::parse(document->root());
  return key ? std::optional(std::move(*key)) : std::nullopt;
}

bool raw_signature_holds(const std::optional<jose::Key>& key, std::string_view algorithm,
                         std::string_view message, std::string_view signature) {
  const auto row = jose::parse_algorithm(algorithm);
  return key && row && !key->misfit(*row) && jose::signature_holds(*key, *row, message, signature);
}

bool compact_token_holds(std::string_view token, const std::string& key_set) {
  const auto parsed = jose::CompactToken::parse(token, all_algorithms());
  const auto keys = jose::KeySet::parse(key_set);
  if (!parsed || !keys) return false;
  const jose::Key* key = keys->find(parsed->kid());
  return key != nullptr && jose::verify(*parsed, *key).has_value();
}

bool signature_of_parts_holds(std::string_view token, const std::optional<jose::Key>& key) {
  const std::size_t dot = token.rfind('.');
  if (dot == std::string_view::npos) return false;
  const auto header = digest::decode_base64url(token.substr(0, token.find('.')));
  const auto signature = digest::decode_base64url(token.substr(dot + 1));
  const auto document = header ? json::parse(*header) : json::parse("");
  return signature && document &&
         raw_signature_holds(key, text_member(document->root(), "alg"), token.substr(0, dot), *signature);
}

}  // namespace callgate::conformance
