// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/digest/base64.hpp>
#include <callgate/jose/compact_token.hpp>
#include <callgate/json/document.hpp>
#include <optional>

namespace callgate::jose {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

auto malformed(const char* what) {
  return refuse(Reason::token_malformed, what);
}

struct Segments {
  std::string_view header, payload, signature;
};

// Stops at the fourth segment: a text of dots costs no more than a good token.
std::optional<Segments> split(std::string_view text) {
  const std::size_t first = text.find('.');
  if (first == std::string_view::npos) return std::nullopt;
  const std::size_t second = text.find('.', first + 1);
  if (second == std::string_view::npos || text.find('.', second + 1) != std::string_view::npos)
    return std::nullopt;
  return Segments{text.substr(0, first), text.substr(first + 1, second - first - 1), text.substr(second + 1)};
}

bool equals_ascii_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a - 'A' + 'a') : a) == b;
  });
}

bool is_jwt(std::string_view type) {
  return equals_ascii_ignoring_case(type, "jwt") || equals_ascii_ignoring_case(type, "application/jwt");
}

Judged<void> check_kind(const json::Value& header) {
  if (const auto type = header.find("typ")) {
    const auto text = type->as_string();
    if (!text) return malformed("header member 'typ' is not a string");
    if (!is_jwt(*text)) return refuse(Reason::token_type_unexpected, "header member 'typ' is not JWT");
  }
  if (const auto content = header.find("cty"); content && is_jwt(content->as_string().value_or(""))) {
    return refuse(Reason::token_type_unexpected,
                  "the token holds another token (header member 'cty' is JWT)");
  }
  return {};
}

Judged<Algorithm> read_algorithm(const json::Value& header, AlgorithmSet allowed) {
  const auto member = header.find("alg");
  if (!member) return malformed("header member 'alg' is missing");
  const auto name = member->as_string();
  if (!name) return malformed("header member 'alg' is not a string");
  const auto algorithm = parse_algorithm(*name);
  if (!algorithm || !allowed.contains(*algorithm)) {
    return refuse(Reason::algorithm_not_allowed,
                  "header member 'alg' is not an allowed algorithm; allowed: " + allowed.text());
  }
  return *algorithm;
}

Judged<void> check_critical(const json::Value& header) {
  for (const char* name : {"crit", "b64"}) {
    if (header.find(name)) {
      return refuse(Reason::critical_header_unsupported,
                    std::string("header member '") + name + "' demands an extension that is not supported");
    }
  }
  return {};
}

struct Header {
  Algorithm algorithm;
  std::string kid;
};

Judged<Header> read_header(const std::string& text, AlgorithmSet allowed) {
  const auto document = json::parse(text);
  if (!document)
    return refuse(Reason::token_malformed, "the header is not strict JSON: " + document.error().what);
  const json::Value header = document->root();
  if (!header.is_object()) return malformed("the header is not a JSON object");
  if (auto checked = check_kind(header); !checked) return tl::unexpected(checked.error());
  const auto algorithm = read_algorithm(header, allowed);
  if (!algorithm) return tl::unexpected(algorithm.error());
  if (auto checked = check_critical(header); !checked) return tl::unexpected(checked.error());
  const auto kid = header.find("kid");
  if (!kid) return malformed("header member 'kid' is missing");
  if (!kid->is_string()) return malformed("header member 'kid' is not a string");
  return Header{*algorithm, std::string(*kid->as_string())};
}

}  // namespace

Judged<CompactToken> CompactToken::parse(std::string_view text, AlgorithmSet allowed, std::size_t bytes_max) {
  if (text.size() > bytes_max) {
    return refuse(Reason::token_too_large, "the token has " + std::to_string(text.size()) +
                                               " bytes, at most " + std::to_string(bytes_max) +
                                               " are accepted");
  }
  const auto segments = split(text);
  if (!segments) return malformed("the token does not have three segments");
  const auto header_text = digest::decode_base64url(segments->header);
  auto payload = digest::decode_base64url(segments->payload);
  auto signature = digest::decode_base64url(segments->signature);
  if (!header_text || !payload || !signature) return malformed("a segment is not strict base64url");
  auto header = read_header(*header_text, allowed);
  if (!header) return tl::unexpected(header.error());
  CompactToken token;
  token.text_ = text;
  token.signed_size_ = segments->header.size() + 1 + segments->payload.size();
  token.algorithm_ = header->algorithm;
  token.kid_ = std::move(header->kid);
  token.payload_ = std::move(*payload);
  token.signature_ = std::move(*signature);
  return token;
}

TokenInspection TokenInspection::of(std::string_view text) {
  TokenInspection out;
  if (text.empty() || text.size() > kTokenBytesMax) return out;
  out.segments_ = static_cast<std::size_t>(std::count(text.begin(), text.end(), '.')) + 1;
  const auto open = [](std::string_view segment) {
    auto bytes = digest::decode_base64url(segment);
    return bytes && json::parse(*bytes, json::Strictness::grammar) ? std::move(*bytes) : std::string();
  };
  const std::size_t first = text.find('.');
  out.header_ = open(text.substr(0, std::min(first, text.size())));
  if (first == std::string_view::npos) return out;
  const std::string_view rest = text.substr(first + 1);
  out.payload_ = open(rest.substr(0, std::min(rest.find('.'), rest.size())));
  return out;
}

}  // namespace callgate::jose
