// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <callgate/http/headers.hpp>
#include <callgate/keys_http/curl_fetcher.hpp>
#include <charconv>

#include "address.hpp"

namespace callgate::keys_http {
namespace {

using oidc::Fetched;
using oidc::FetchError;
using oidc::FetchRequest;
using Cause = FetchError::Cause;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};
struct FreeList {
  void operator()(curl_slist* list) const { curl_slist_free_all(list); }
};

// libcurl asks for one global set-up before any thread uses it.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

// One transfer: what libcurl's callbacks fill.
struct Transfer {
  std::size_t bytes_max;
  std::string body{};
  http::Headers headers{};
  bool too_large = false;
  bool private_address = false;
};

std::size_t take_body(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& transfer = *static_cast<Transfer*>(user);
  const std::size_t added = size * count;
  if (transfer.body.size() + added > transfer.bytes_max) {
    transfer.too_large = true;
    return 0;
  }
  transfer.body.append(bytes, added);
  return added;
}

std::size_t take_header(char* bytes, std::size_t size, std::size_t count, void* user) {
  constexpr std::size_t kHeadersMax = 100;
  auto& headers = static_cast<Transfer*>(user)->headers;
  std::string_view line(bytes, size * count);
  while (line.ends_with('\n') || line.ends_with('\r')) line.remove_suffix(1);
  const std::size_t colon = line.find(':');
  if (colon != std::string_view::npos && headers.fields().size() < kHeadersMax) {
    headers.add(std::string(line.substr(0, colon)), std::string(http::trim(line.substr(colon + 1))));
  }
  return size * count;
}

int stop_when_cancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::atomic<bool>*>(user)->load() ? 1 : 0;
}

curl_socket_t open_public_socket(void* user, curlsocktype, curl_sockaddr* address) {
  if (!is_public_address(&address->addr)) {
    static_cast<Transfer*>(user)->private_address = true;
    return CURL_SOCKET_BAD;
  }
  return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

Cause cause_of(CURLcode code) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Cause::dns;
    case CURLE_OPERATION_TIMEDOUT:
      return Cause::timeout;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
      return Cause::tls;
    case CURLE_ABORTED_BY_CALLBACK:
      return Cause::cancelled;
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL:
      return Cause::url;
    default:
      return Cause::connection;
  }
}

// RFC 9111 section 5.2.2: max-age in seconds; no-store and no-cache mean 0.
std::optional<std::chrono::seconds> read_max_age(const http::Headers& headers) {
  for (const std::string_view directive : headers.list("Cache-Control")) {
    if (http::equals_ignoring_case(directive, "no-store") ||
        http::equals_ignoring_case(directive, "no-cache")) {
      return std::chrono::seconds{0};
    }
    constexpr std::string_view kName = "max-age=";
    if (!http::equals_ignoring_case(directive.substr(0, kName.size()), kName)) continue;
    std::uint32_t seconds = 0;
    const char* end = directive.data() + directive.size();
    if (const auto read = std::from_chars(directive.data() + kName.size(), end, seconds);
        read.ec == std::errc{} && read.ptr == end) {
      return std::chrono::seconds{seconds};
    }
  }
  return std::nullopt;
}

std::optional<base::WallTime> read_date(const http::Headers& headers) {
  const auto text = headers.find("Date");
  if (!text) return std::nullopt;
  const time_t seconds = curl_getdate(std::string(*text).c_str(), nullptr);
  if (seconds < 0) return std::nullopt;
  return base::WallTime{std::chrono::seconds{seconds}};
}

class CurlFetcher final : public oidc::KeyFetcher {
 public:
  explicit CurlFetcher(CurlSettings settings) : settings_(std::move(settings)) {}

  tl::expected<Fetched, FetchError> get(const FetchRequest& request) override {
    const auto fail = [&](Cause cause, const std::string& what) {
      return tl::unexpected(FetchError{cause, request.url + ": " + what});
    };
    if (!easy_ && curl_is_ready()) easy_.reset(curl_easy_init());
    if (!easy_) return fail(Cause::connection, "libcurl cannot be set up");
    Transfer transfer{.bytes_max = request.bytes_max};
    std::array<char, CURL_ERROR_SIZE> words{};
    const std::unique_ptr<curl_slist, FreeList> condition(
        request.etag.empty() ? nullptr
                             : curl_slist_append(nullptr, ("If-None-Match: " + request.etag).c_str()));
    set_options(request, transfer, words.data());
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, condition.get());
    const CURLcode code = curl_easy_perform(easy_.get());
    curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
    if (transfer.too_large)
      return fail(Cause::too_large,
                  "the answer is larger than " + std::to_string(request.bytes_max) + " bytes");
    if (transfer.private_address)
      return fail(Cause::private_address, "a document names an address of this machine or its own networks");
    if (code != CURLE_OK)
      return fail(cause_of(code), words[0] != '\0' ? words.data() : curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool not_modified = status == 304 && !request.etag.empty();
    if (status != 200 && !not_modified)
      return fail(Cause::http_status, "HTTP status " + std::to_string(status));
    return Fetched{.not_modified = not_modified,
                   .body = std::move(transfer.body),
                   .etag = std::string(transfer.headers.find("ETag").value_or("")),
                   .max_age = read_max_age(transfer.headers),
                   .server_time = read_date(transfer.headers)};
  }

  void cancel() override { cancelled_.store(true); }

 private:
  void set_options(const FetchRequest& request, Transfer& transfer, char* words) {
    CURL* easy = easy_.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.total_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "callgate");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_body);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, static_cast<void*>(&transfer));
    curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, &take_header);
    curl_easy_setopt(easy, CURLOPT_HEADERDATA, static_cast<void*>(&transfer));
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &stop_when_cancelled);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, static_cast<void*>(&cancelled_));
    if (!settings_.ca_file.empty()) curl_easy_setopt(easy, CURLOPT_CAINFO, settings_.ca_file.c_str());
    if (request.public_address_only) {
      // A kept connection would not be opened again, and so not be looked at.
      curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
      curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, &open_public_socket);
      curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, static_cast<void*>(&transfer));
    }
  }

  const CurlSettings settings_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

std::unique_ptr<oidc::KeyFetcher> make_curl_fetcher(const CurlSettings& settings) {
  return std::make_unique<CurlFetcher>(settings);
}

}  // namespace callgate::keys_http
