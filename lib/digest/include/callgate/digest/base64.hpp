// SPDX-License-Identifier: Apache-2.0
#pragma once
// base64url without padding (RFC 4648 section 5, RFC 7515 section 2). Strict: one text for one value. Pure,
// any thread.

#include <optional>
#include <string>
#include <string_view>

namespace callgate::digest {

std::string encode_base64url(std::string_view bytes);

// Nothing if the text has a character outside the alphabet, padding, an impossible length, or trailing bits
// that are not zero.
std::optional<std::string> decode_base64url(std::string_view text);

// The classical alphabet with padding (RFC 4648 section 4), for keys and secrets that people handle. As
// strict: the padding must be there.
std::string encode_base64(std::string_view bytes);
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace callgate::digest
