// SPDX-License-Identifier: Apache-2.0
#pragma once
// JWK texts for the tests: vectors give keys without kid, or with their private half.

#include <callgate/jose/algorithm.hpp>
#include <callgate/jose/key.hpp>
#include <callgate/json/document.hpp>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::conformance {

// Every algorithm of the table.
jose::AlgorithmSet all_algorithms();

// The bytes of a value in the text that it was parsed from.
std::string_view text_of(std::string_view source, const json::Value& value);
// A string member, or empty.
std::string text_member(const json::Value& object, std::string_view name);

// The JWK with this kid, unless it has one of its own; and, if asked, without its private members.
enum class Half { as_given, public_only };
std::string jwk_with_kid(std::string_view source, const json::Value& jwk, std::string_view kid,
                         Half half = Half::as_given);

// What Key::parse makes of that text; nothing if it refuses it.
std::optional<jose::Key> parse_key(const std::string& jwk);

// The signature alone, without a token around it: true if the key may verify the algorithm and it holds.
bool raw_signature_holds(const std::optional<jose::Key>& key, std::string_view algorithm,
                         std::string_view message, std::string_view signature);

// The whole path of a compact token over a key set: form, key by kid, signature.
bool compact_token_holds(std::string_view token, const std::string& key_set);

// A compact token's parts straight to the signature check, for tokens whose form alone is refused.
bool signature_of_parts_holds(std::string_view token, const std::optional<jose::Key>& key);

}  // namespace callgate::conformance
