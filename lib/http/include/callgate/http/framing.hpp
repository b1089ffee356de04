// SPDX-License-Identifier: Apache-2.0
#pragma once
// What must hold before and after a general HTTP parser has seen a request head, so that no two parsers can
// read it differently (RFC 9112). Pure, total, any thread. A failure means: answer 400 and close the
// connection.

#include <callgate/http/message.hpp>
#include <callgate/refusal/reason.hpp>
#include <cstdint>
#include <optional>
#include <string_view>

namespace callgate::http {

// Judges the raw bytes of a head, up to and with its empty line: lines end with CRLF alone; no control
// characters; no folded line; no white space before a colon or in a field name.
refusal::Judged<void> check_raw_head(std::string_view raw);

// How the body of a request is delimited.
struct Framing {
  bool chunked = false;
  std::optional<std::uint64_t> content_length;  // nothing and not chunked: no body
};

// Judges what the parser made of it: version, method, target, Host, Content-Length, Transfer-Encoding.
refusal::Judged<Framing> read_framing(const RequestHead& head);

}  // namespace callgate::http
