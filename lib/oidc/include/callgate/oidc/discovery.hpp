// SPDX-License-Identifier: Apache-2.0
#pragma once
// OpenID Provider metadata (OpenID Connect Discovery 1.0 section 3 and 4.3), as far as a verifier needs it,
// and the two fetches that lead to a key set. Pure steering over the port KeyFetcher; no exception.

#include <callgate/jose/key_set.hpp>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace callgate::oidc {

// Why keys could not be had, in words for the person on call.
struct FetchError {
  enum class Cause {
    dns,
    connection,
    tls,
    timeout,
    http_status,
    too_large,
    json,
    issuer,
    url,
    no_usable_key,
    cancelled
  };
  Cause cause;
  std::string message;
};

std::string_view to_text(FetchError::Cause cause);

// Port: one GET. Implementations may block; they are called from one background thread only. Redirects are
// not followed; anything but status 200 is an error.
class KeyFetcher {
 public:
  KeyFetcher() = default;
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;
  virtual ~KeyFetcher() = default;
  virtual tl::expected<std::string, FetchError> get(const std::string& url, std::size_t bytes_max) = 0;
  // Any thread: makes a get() under way, and every later one, fail soon. For shutting down.
  virtual void cancel() {}
};

struct Issuer {
  std::string issuer;          // must equal the document's, byte for byte
  std::string discovery;       // URL of the document
  bool insecure_http = false;  // permits http:// for both URLs: for the emulator, never for the open network
};

struct Discovery {
  std::string keys_url;  // jwks_uri
};

// Refuses a document of another issuer, or one whose jwks_uri is not https (unless insecure_http).
tl::expected<Discovery, FetchError> parse_discovery(std::string_view text, const Issuer& issuer);

// Fetches and checks the document, then the key set. A set without a usable key is an error.
tl::expected<jose::KeySet, FetchError> fetch_keys(KeyFetcher& fetcher, const Issuer& issuer);

}  // namespace callgate::oidc
