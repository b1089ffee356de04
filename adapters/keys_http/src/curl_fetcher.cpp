// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <callgate/keys_http/curl_fetcher.hpp>

#include "address.hpp"
#include "response_fields.hpp"

namespace callgate::keys_http {
namespace {

using oidc::Fetched;
using oidc::FetchError;
using oidc::FetchRequest;
using Cause = FetchError::Cause;

constexpr const char* kPrivateAddress = "a document names an address of this machine or its own networks";

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
  take_header_line({bytes, size * count}, static_cast<Transfer*>(user)->headers);
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

// A name that nobody answers for in time is no slow issuer.
bool never_resolved(CURL* easy) {
  curl_off_t resolved = 0;
  return curl_easy_getinfo(easy, CURLINFO_NAMELOOKUP_TIME_T, &resolved) == CURLE_OK && resolved == 0;
}

Cause cause_of(CURLcode code, CURL* easy) {
  switch (code) {
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_RESOLVE_PROXY:
      return Cause::dns;
    case CURLE_OPERATION_TIMEDOUT:
      return never_resolved(easy) ? Cause::dns : Cause::timeout;
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

class CurlFetcher final : public oidc::KeyFetcher {
 public:
  explicit CurlFetcher(CurlSettings settings) : settings_(std::move(settings)) {}

  tl::expected<Fetched, FetchError> get(const FetchRequest& request) override {
    const auto fail = [&](Cause cause, const std::string& what) {
      return tl::unexpected(FetchError{cause, request.url + ": " + what});
    };
    const std::optional<std::string> proxy = proxy_of(request.url);
    if (request.public_address_only && proxy && !proxy->empty() && names_private_host(request.url))
      return fail(Cause::private_address, kPrivateAddress);
    if (!easy_ && curl_is_ready()) easy_.reset(curl_easy_init());
    if (!easy_) return fail(Cause::connection, "libcurl cannot be set up");
    Transfer transfer{.bytes_max = request.bytes_max};
    std::array<char, CURL_ERROR_SIZE> words{};
    const std::unique_ptr<curl_slist, FreeList> condition(
        request.etag.empty() ? nullptr
                             : curl_slist_append(nullptr, ("If-None-Match: " + request.etag).c_str()));
    set_options(request, proxy, transfer, words.data());
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, condition.get());
    const CURLcode code = curl_easy_perform(easy_.get());
    curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);
    curl_easy_setopt(easy_.get(), CURLOPT_HTTPHEADER, nullptr);
    if (transfer.too_large)
      return fail(Cause::too_large,
                  "the answer is larger than " + std::to_string(request.bytes_max) + " bytes");
    if (transfer.private_address) return fail(Cause::private_address, kPrivateAddress);
    if (code != CURLE_OK)
      return fail(cause_of(code, easy_.get()), words[0] != '\0' ? words.data() : curl_easy_strerror(code));
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    const bool not_modified = status == 304 && !request.etag.empty();
    if (status != 200 && !not_modified)
      return fail(Cause::http_status, "HTTP status " + std::to_string(status));
    return Fetched{.not_modified = not_modified,
                   .body = std::move(transfer.body),
                   .etag = read_etag(transfer.headers),
                   .max_age = read_max_age(transfer.headers),
                   .server_time = read_server_time(transfer.headers)};
  }

  void cancel() override { cancelled_.store(true); }

 private:
  // The proxy on the way to this URL, empty: none; nothing if libcurl is to find out.
  std::optional<std::string> proxy_of(const std::string& text) const {
    if (!settings_.proxies) return std::nullopt;
    const auto url = http::parse_url(text);
    return url ? http::find_proxy(*settings_.proxies, *url) : std::string();
  }

  void set_options(const FetchRequest& request, const std::optional<std::string>& proxy, Transfer& transfer,
                   char* words) {
    CURL* easy = easy_.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, request.url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(settings_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(settings_.total_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_SSLVERSION, static_cast<long>(CURL_SSLVERSION_TLSv1_2));
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
    if (proxy) {
      curl_easy_setopt(easy, CURLOPT_PROXY, proxy->c_str());
      curl_easy_setopt(easy, CURLOPT_NOPROXY, "");  // that has been looked at
    }
    // The address of a proxy is the operator's choice; what it connects to, it must judge itself.
    if (request.public_address_only && (!proxy || proxy->empty())) {
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
