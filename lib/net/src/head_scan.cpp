// SPDX-License-Identifier: Apache-2.0
#include "head_scan.hpp"

#include <callgate/http/framing.hpp>
#include <string>

#include "token.hpp"

namespace callgate::net {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

constexpr std::size_t kEmptyLinesMax = 2;  // before a request (RFC 9112 section 2.2)
constexpr std::size_t kMethodBytesMax = 32;
constexpr std::size_t kRequestLineSlack = kMethodBytesMax + 16;  // method, two spaces, version, CRLF

auto malformed(const char* what) {
  return refuse(Reason::http_malformed, what);
}

auto target_too_long(std::size_t limit) {
  return refuse(Reason::target_too_long,
                "the request target is longer than " + std::to_string(limit) + " bytes");
}

}  // namespace

Judged<HeadScan::Outcome> HeadScan::look(std::string_view bytes) {
  for (;;) {
    const std::size_t end = bytes.find('\n', searched_);
    if (end == std::string_view::npos) break;
    if (end == line_start_ || bytes[end - 1] != '\r') return malformed("a line does not end with CR LF");
    const auto line = take_line(bytes.substr(line_start_, end - 1 - line_start_));
    if (!line) return tl::unexpected(line.error());
    line_start_ = searched_ = end + 1;
    if (!begun_) skip_ = line_start_;
    if (*line == Line::last) {
      if (auto fits = check_size(size(), false); !fits) return tl::unexpected(fits.error());
      return Outcome::complete;
    }
  }
  searched_ = bytes.size();
  if (auto checked = check_unfinished(bytes); !checked) return tl::unexpected(checked.error());
  return Outcome::more;
}

// Empty lines before the request are counted in skip_, two bytes each.
Judged<HeadScan::Line> HeadScan::take_line(std::string_view line) {
  if (!begun_ && line.empty()) {
    if (skip_ / 2 >= kEmptyLinesMax) return malformed("there are empty lines before the request line");
    return Line::inside;
  }
  begun_ = true;
  if (line.empty()) return Line::last;
  if (lines_ == 0) {
    if (auto checked = check_request_line(line); !checked) return tl::unexpected(checked.error());
  }
  if (lines_ > limits_->header_count_max) {
    return refuse(Reason::headers_too_large,
                  "there are more than " + std::to_string(limits_->header_count_max) + " header fields");
  }
  ++lines_;
  return Line::inside;
}

Judged<void> HeadScan::check_request_line(std::string_view line) const {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first > kMethodBytesMax)  // also when there is no space at all
    return malformed("there is no method");
  if (last > first && last - first - 1 > limits_->target_bytes_max) {
    return target_too_long(limits_->target_bytes_max);
  }
  return http::check_raw_head(std::string(line) + "\r\n\r\n");
}

Judged<void> HeadScan::check_unfinished(std::string_view bytes) {
  const std::string_view line = bytes.substr(line_start_);
  if (!begun_ && !line.empty() && line != "\r") {
    if (!is_token_character(line.front())) return malformed("the first byte is not that of a method");
    begun_ = true;
  }
  for (; checked_ < bytes.size(); ++checked_) {
    const auto byte = static_cast<unsigned char>(bytes[checked_]);
    if (byte == '\r') {
      if (checked_ + 1 == bytes.size()) break;  // the LF may still come
      if (bytes[checked_ + 1] == '\n') continue;
    }
    if ((byte < 0x20 && byte != '\t' && byte != '\n') || byte == 0x7F) {
      return malformed("a line holds a control character");
    }
  }
  if (lines_ == 0 && line.find(' ') > kMethodBytesMax && line.size() > kMethodBytesMax) {
    return malformed("there is no method");
  }
  return check_size(bytes.size() - skip_, lines_ == 0);
}

Judged<void> HeadScan::check_size(std::size_t size, bool first_line) const {
  if (first_line && size > limits_->target_bytes_max + kRequestLineSlack) {
    return target_too_long(limits_->target_bytes_max);
  }
  if (size > limits_->head_bytes_max) {
    return refuse(Reason::headers_too_large,
                  "the header section is larger than " + std::to_string(limits_->head_bytes_max) + " bytes");
  }
  return {};
}

}  // namespace callgate::net
