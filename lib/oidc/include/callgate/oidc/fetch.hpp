// SPDX-License-Identifier: Apache-2.0
#pragma once
// The port through which an issuer's documents are fetched. oidc decides what and when; an adapter does the
// GET.

#include <callgate/base/clock.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace callgate::oidc {

// Why a document could not be had, in words for the person on call.
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
    private_address,
    no_usable_key,
    cancelled
  };
  Cause cause;
  std::string message;
};

std::string_view to_text(FetchError::Cause cause);

struct FetchRequest {
  std::string url;
  std::string etag{};  // sent as If-None-Match; empty: unconditional
  std::size_t bytes_max = std::size_t{256} * 1024;
  // A document named this URL: its host must not lead to a loopback, link-local or private address.
  bool public_address_only = false;
};

struct Fetched {
  bool not_modified = false;  // 304: the body is empty, the one that came with the etag still holds
  std::string body{};
  std::string etag{};
  std::optional<std::chrono::seconds> max_age{};  // of Cache-Control; no-store and no-cache are 0
  std::optional<base::WallTime> server_time{};    // the Date field
};

// Implementations may block; get() is called from one background thread only. Redirects are not followed;
// anything but status 200, or 304 to a conditional request, is an error.
class KeyFetcher {
 public:
  KeyFetcher() = default;
  KeyFetcher(const KeyFetcher&) = delete;
  KeyFetcher& operator=(const KeyFetcher&) = delete;
  virtual ~KeyFetcher() = default;
  virtual tl::expected<Fetched, FetchError> get(const FetchRequest& request) = 0;
  // Any thread: makes a get() under way, and every later one, fail soon. For shutting down.
  virtual void cancel() {}
};

}  // namespace callgate::oidc
