// SPDX-License-Identifier: Apache-2.0
// The input as the header of an otherwise sound token, and as the whole text of a token.

#include <callgate/digest/base64.hpp>
#include <callgate/jose/compact_token.hpp>
#include <string>

#include "fuzz.hpp"

using namespace callgate;
using jose::Algorithm;

namespace {

constexpr jose::AlgorithmSet kAllowed{Algorithm::rs256, Algorithm::ps256, Algorithm::es256, Algorithm::eddsa};

void parse(const std::string& token) {
  const auto parsed = jose::CompactToken::parse(token, kAllowed);
  const auto inspection = jose::TokenInspection::of(token);
  if (!parsed) return;
  fuzz::require(token.size() <= jose::kTokenBytesMax, "a token is not too large");
  fuzz::require(kAllowed.contains(parsed->algorithm()), "the algorithm is an allowed one");
  fuzz::require(inspection.segments() == 3, "a token has three segments");
  const std::string header = token.substr(0, token.find('.'));
  fuzz::require(digest::encode_base64url(inspection.unverified_header()) == header,
                "the header can be shown");
  fuzz::require(!jose::CompactToken::parse(token, {}), "an empty allow-list allows nothing");
  fuzz::require(!jose::CompactToken::parse(token + ".", kAllowed), "a fourth segment is refused");
  fuzz::require(!jose::CompactToken::parse(token, kAllowed, token.size() - 1), "the limit holds");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  parse(std::string(text));
  parse(digest::encode_base64url(text) + ".e30.c2lnbmF0dXJl");
  return 0;
}
