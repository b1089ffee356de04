// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <array>
#include <callgate/http/framing.hpp>
#include <charconv>

namespace callgate::http {
namespace {

using refusal::Judged;
using refusal::Reason;
using refusal::refuse;

constexpr auto kTokenCharacters = [] {
  std::array<bool, 256> table{};
  for (unsigned c = '0'; c <= '9'; ++c) table[c] = true;
  for (unsigned c = 'a'; c <= 'z'; ++c) table[c] = true;
  for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] = true;
  for (const char c : std::string_view("!#$%&'*+-.^_`|~")) table[static_cast<unsigned char>(c)] = true;
  return table;
}();

bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return kTokenCharacters[static_cast<unsigned char>(c)]; });
}

auto malformed(const char* what) {
  return refuse(Reason::http_malformed, what);
}

bool has_control(std::string_view line) {
  return std::any_of(line.begin(), line.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && byte != '\t') || byte == 0x7F;
  });
}

Judged<void> check_field_line(std::string_view line) {
  if (line.front() == ' ' || line.front() == '\t') return malformed("a header line is folded");
  const std::size_t colon = line.find(':');
  if (colon == std::string_view::npos) return malformed("a header line has no colon");
  if (!is_token(line.substr(0, colon))) return malformed("a header name is not a token");
  return {};
}

Judged<void> check_request_line(std::string_view line) {
  const std::size_t first = line.find(' ');
  const std::size_t last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || line.find(' ', first + 1) != last ||
      line.find('\t') != std::string_view::npos) {
    return malformed("the request line is not 'method target version'");
  }
  if (!is_token(line.substr(0, first))) return malformed("the method is not a token");
  const std::string_view version = line.substr(last + 1);
  if (version != "HTTP/1.1" && version != "HTTP/1.0")
    return malformed("the version is not HTTP/1.1 or HTTP/1.0");
  return {};
}

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

bool is_hex_digit(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

// RFC 3986: unreserved, sub-delims and escapes.
bool is_registered_name(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (c == '%') {
      if (i + 2 >= name.size() || !is_hex_digit(name[i + 1]) || !is_hex_digit(name[i + 2])) return false;
      i += 2;
    } else if (!is_digit(c) && (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') &&
               std::string_view("-._~!$&'()*+,;=").find(c) == std::string_view::npos) {
      return false;
    }
  }
  return true;
}

bool is_address_literal(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(),
                                      [](char c) { return is_hex_digit(c) || c == ':' || c == '.'; });
}

// Host and port; a user before them has no place in a request (RFC 9110 section 4.2.4).
bool is_authority(std::string_view text) {
  std::size_t end = std::min(text.find(':'), text.size());
  if (text.starts_with('[')) {
    const std::size_t bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_address_literal(text.substr(1, bracket - 1))) return false;
    end = bracket + 1;
  } else if (end == 0 || !is_registered_name(text.substr(0, end))) {
    return false;
  }
  const std::string_view port = text.substr(end);
  return port.empty() || (port.front() == ':' && std::all_of(port.begin() + 1, port.end(), is_digit));
}

Judged<void> check_host(const RequestHead& head) {
  const std::size_t count = head.headers.count("Host");
  if (count > 1) return malformed("there is more than one Host field");
  if (count == 0 && head.version_minor >= 1) return malformed("there is no Host field");
  if (count == 0) return {};
  const std::string_view host = *head.headers.find("Host");
  if (!host.empty() && !is_authority(host)) return malformed("the Host field is not a host");
  return {};
}

// 'http://authority/path', the scheme in any case.
bool is_absolute_form(std::string_view target) {
  const std::size_t mark = target.find("://");
  if (mark == std::string_view::npos) return false;
  const std::string_view scheme = target.substr(0, mark);
  if (!equals_ignoring_case(scheme, "http") && !equals_ignoring_case(scheme, "https")) return false;
  const std::string_view rest = target.substr(mark + 3);
  return is_authority(rest.substr(0, rest.find_first_of("/?")));
}

// '/path', 'http://authority/path', or '*' with OPTIONS; CONNECT is not for a gateway.
Judged<void> check_target(const RequestHead& head) {
  if (head.method == "CONNECT") return malformed("CONNECT is not supported");
  const bool bytes_fit =
      std::all_of(head.target.begin(), head.target.end(), [](char c) { return c > 0x20 && c < 0x7F; });
  if (!bytes_fit || head.target.find('#') != std::string::npos) {
    return malformed("the request target holds a byte that a target cannot hold");
  }
  const bool form_fits = head.target.starts_with('/') || is_absolute_form(head.target) ||
                         (head.target == "*" && head.method == "OPTIONS");
  if (!form_fits) return malformed("the request target is neither a path nor a URL");
  return {};
}

std::optional<std::uint64_t> parse_length(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || fault != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Judged<Framing> read_body_framing(const RequestHead& head) {
  const std::size_t lengths = head.headers.count("Content-Length");
  const std::size_t codings = head.headers.count("Transfer-Encoding");
  if (codings > 0) {
    if (lengths > 0) return malformed("both Content-Length and Transfer-Encoding are given");
    if (head.version_minor == 0) return malformed("HTTP/1.0 has no Transfer-Encoding");
    const auto coding = head.headers.find_single("Transfer-Encoding");
    if (!coding || !equals_ignoring_case(trim(*coding), "chunked")) {
      return malformed("the Transfer-Encoding is not 'chunked' alone");
    }
    return Framing{.chunked = true, .content_length = std::nullopt};
  }
  if (lengths > 1) return malformed("there is more than one Content-Length field");
  if (lengths == 0) return Framing{};
  const auto length = parse_length(trim(*head.headers.find("Content-Length")));
  if (!length) return malformed("the Content-Length is not a decimal number");
  return Framing{.chunked = false, .content_length = length};
}

}  // namespace

Judged<void> check_raw_head(std::string_view raw) {
  bool first = true;
  while (!raw.empty()) {
    const std::size_t end = raw.find('\n');
    if (end == std::string_view::npos || end == 0 || raw[end - 1] != '\r') {
      return malformed("a line does not end with CR LF");
    }
    const std::string_view line = raw.substr(0, end - 1);
    raw.remove_prefix(end + 1);
    if (line.empty() && !first && raw.empty()) return {};
    if (line.empty()) return malformed("there is an empty line inside the head");
    if (has_control(line)) return malformed("a line holds a control character");
    if (auto checked = first ? check_request_line(line) : check_field_line(line); !checked) return checked;
    first = false;
  }
  return malformed("the head does not end with an empty line");
}

Judged<Framing> read_framing(const RequestHead& head) {
  if (auto checked = check_target(head); !checked) return tl::unexpected(checked.error());
  if (auto checked = check_host(head); !checked) return tl::unexpected(checked.error());
  return read_body_framing(head);
}

}  // namespace callgate::http
