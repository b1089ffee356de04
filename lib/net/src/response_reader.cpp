// SPDX-License-Identifier: Apache-2.0
#include "response_reader.hpp"

#include <algorithm>
#include <callgate/http/framing.hpp>
#include <charconv>

#include "wire_text.hpp"

namespace callgate::net {
namespace {

constexpr int kInterimAnswersMax = 16;                          // 1xx before the answer
constexpr std::chrono::seconds kKeepAliveMax{24 * 60 * 60};     // longer is told as this
constexpr std::string_view kAnyRequestLine = "GET / HTTP/1.1";  // stands for the status line

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// "timeout=5, max=100", in one field or several. Nothing if it says nothing that is understood.
std::optional<std::chrono::seconds> read_keep_alive(const http::Headers& headers) {
  constexpr std::string_view kTimeout = "timeout=";
  std::optional<std::chrono::seconds> least;
  if (headers.count("Keep-Alive") == 0) return least;
  for (const std::string_view element : headers.list("Keep-Alive")) {
    if (!http::equals_ignoring_case(element.substr(0, kTimeout.size()), kTimeout)) continue;
    const std::string_view number = element.substr(kTimeout.size());
    if (!is_number(number)) continue;
    long seconds = 0;
    const auto [end, fault] = std::from_chars(number.data(), number.data() + number.size(), seconds);
    const bool fits = fault == std::errc{} && seconds < kKeepAliveMax.count();
    const auto told = fits ? std::chrono::seconds{seconds} : kKeepAliveMax;
    least = std::min(told, least.value_or(told));
  }
  return least;
}

}  // namespace

void ResponseReader::begin(bool answers_head, const ClientLimits& limits) {
  answers_head_ = answers_head;
  head_bytes_max_ = limits.head_bytes_max;
  body_bytes_max_ = limits.body_bytes_max;
  begun_ = false;
  searched_ = 0;
  interim_answers_ = 0;
  head_.reset();
  body_.reset();
  goes_on_ = false;
  keep_alive_.reset();
  fault_.clear();
}

ResponseReader::Step ResponseReader::feed(std::string_view& bytes) {
  begun_ = begun_ || !bytes.empty();
  if (!body_) {
    if (const Step step = feed_heads(bytes); step != Step::done) return step;
  }
  switch (body_->feed(bytes)) {
    case BodyReader::Step::more:
      return Step::more;
    case BodyReader::Step::done:
      return Step::done;
    case BodyReader::Step::too_large:
      return broken("the body of the answer is larger than " + std::to_string(body_bytes_max_) + " bytes");
    case BodyReader::Step::malformed:
      break;
  }
  return broken("the chunks of the answer are malformed");
}

ResponseReader::Step ResponseReader::end() {
  if (body_ && body_->end() == BodyReader::Step::done) return Step::done;
  return broken(begun_ ? "the connection was closed inside the answer"
                       : "the connection was closed without an answer");
}

http::Response ResponseReader::take() {
  return {.status = head_->status, .headers = std::move(head_->headers), .body = body_->take()};
}

// Done: the head of the answer proper is there.
ResponseReader::Step ResponseReader::feed_heads(std::string_view& bytes) {
  while (!body_) {
    const std::size_t end = bytes.find("\r\n\r\n", searched_);
    const std::size_t size = end == std::string_view::npos ? bytes.size() : end + 4;
    if (size > head_bytes_max_) return broken("the head of the answer is too large");
    if (end == std::string_view::npos) {
      searched_ = size < 3 ? 0 : size - 3;
      return Step::more;
    }
    const std::string_view raw = bytes.substr(0, size);
    bytes.remove_prefix(size);
    searched_ = 0;
    if (const Step step = take_head(raw); step != Step::done) return step;
  }
  return Step::done;
}

ResponseReader::Step ResponseReader::take_head(std::string_view raw) {
  auto head = parse_response_head(raw);
  if (!head || head->status == 101) return broken("the answer is not HTTP/1.1");
  if (head->status < 200) {
    return ++interim_answers_ > kInterimAnswersMax ? broken("too many interim answers") : Step::done;
  }
  body_ = body_of(*head);
  if (!body_) return broken("the length of the answer is ambiguous");
  goes_on_ = may_go_on(*head, raw);
  keep_alive_ = read_keep_alive(head->headers);
  head_ = std::move(head);
  return Step::done;
}

bool ResponseReader::has_no_body(int status) const {
  return answers_head_ || !status_has_body(status);
}

// RFC 9112 section 6.3, without the codings that nobody here asked for.
std::optional<BodyReader> ResponseReader::body_of(const ResponseHead& head) const {
  const std::size_t most = body_bytes_max_;
  if (has_no_body(head.status)) return BodyReader::with_length(0, most);
  if (head.headers.count("Transfer-Encoding") > 0) {
    const auto coding = head.headers.find_single("Transfer-Encoding");
    const bool fits = coding && http::equals_ignoring_case(http::trim(*coding), "chunked") &&
                      head.headers.count("Content-Length") == 0;
    if (!fits) return std::nullopt;
    return BodyReader::chunked(most);
  }
  if (!head.content_length) return BodyReader::until_close(most);
  return BodyReader::with_length(*head.content_length, most);
}

// The field lines by the rules that requests are held to: a strict parser and a lenient one see the same.
bool ResponseReader::has_plain_lines(std::string_view raw) {
  const std::size_t line_end = raw.find("\r\n");
  const std::string_view status_line = raw.substr(0, line_end);
  if (status_line.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos) return false;
  lines_.assign(kAnyRequestLine).append(raw.substr(line_end));
  return http::check_raw_head(lines_).has_value();
}

bool ResponseReader::may_go_on(const ResponseHead& head, std::string_view raw) {
  if (head.version_minor == 0 || lists_element(head.headers, "Connection", "close")) return false;
  const auto length = head.headers.find_single("Content-Length");
  const bool one_length = length && is_number(*length);
  const bool chunked = head.headers.count("Transfer-Encoding") > 0;
  const bool no_length = head.headers.count("Content-Length") == 0;
  // A body that is announced where none may come might come all the same, behind our back.
  const bool clear_end = has_no_body(head.status) ? !chunked && (no_length || (one_length && *length == "0"))
                                                  : chunked || one_length;
  return clear_end && has_plain_lines(raw);
}

ResponseReader::Step ResponseReader::broken(std::string what) {
  fault_ = std::move(what);
  return Step::broken;
}

}  // namespace callgate::net
