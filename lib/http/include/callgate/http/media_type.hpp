// SPDX-License-Identifier: Apache-2.0
#pragma once
// Content-Type as a value (RFC 9110 section 8.3.1). Pure, any thread.

#include <optional>
#include <string>
#include <string_view>

namespace callgate::http {

struct MediaType {
  std::string essence;  // "application/json", lower case
  std::string charset;  // lower case, unquoted; empty if not given
};

std::optional<MediaType> parse_media_type(std::string_view text);

}  // namespace callgate::http
