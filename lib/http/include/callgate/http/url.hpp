// SPDX-License-Identifier: Apache-2.0
#pragma once
// The http and https URLs that configuration and discovery documents name (RFC 3986, no user information, no
// fragment). Pure, any thread.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::http {

struct Url {
  std::string scheme;      // "http" or "https"
  std::string host;        // name, IPv4 or IPv6 address, without brackets, lower case
  std::uint16_t port = 0;  // given, or the scheme's default
  std::string target;      // path and query, at least "/"

  // "host", "host:port" or "[v6]:port": what a Host field and a connection need; the default port is left
  // out.
  std::string authority() const;
  std::string origin() const { return scheme + "://" + authority(); }
};

std::optional<Url> parse_url(std::string_view text);

// The bytes that percent-encoded text stands for (RFC 3986 section 2.1); nothing if an escape is broken.
std::optional<std::string> percent_decoded(std::string_view text);

// The path with unreserved characters (letters, digits, "-._~") decoded, which never changes what it names
// (RFC 3986 section 6.2.2.2); every other escape stays as it is.
std::string plain_path(std::string_view path);

// "127.0.0.1:8080", "[::1]:0", "localhost:80".
struct Endpoint {
  std::string host;
  std::uint16_t port = 0;
  std::string text() const;
};

std::optional<Endpoint> parse_endpoint(std::string_view text);

}  // namespace callgate::http
