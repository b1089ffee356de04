// SPDX-License-Identifier: Apache-2.0
#pragma once
// Boost.Beast's parser, used for heads alone: bodies go through BodyReader, because Beast 1.81 aborts
// (BOOST_ASSERT) when the end of a chunked body arrives in pieces, and mixes trailer fields into the header.
// Pure, any thread.

#include <callgate/http/message.hpp>
#include <callgate/refusal/reason.hpp>
#include <optional>
#include <string_view>

namespace callgate::net {

// `raw` is one complete head that http::check_raw_head has passed. All fields, in order, repeated ones kept.
refusal::Judged<http::RequestHead> parse_request_head(std::string_view raw);

struct ResponseHead {
  int status = 0;
  std::uint8_t version_minor = 1;
  http::Headers headers;
  std::optional<std::uint64_t> content_length;
};

// `raw` is one complete head; nothing if it is not one of HTTP/1.0 or HTTP/1.1.
std::optional<ResponseHead> parse_response_head(std::string_view raw);

}  // namespace callgate::net
