// SPDX-License-Identifier: Apache-2.0
#include <curl/curl.h>

#include <array>
#include <atomic>
#include <callgate/keys_http/curl_fetcher.hpp>

namespace callgate::keys_http {
namespace {

using oidc::FetchError;
using Cause = FetchError::Cause;

struct FreeEasy {
  void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
};

// libcurl asks for one global set-up before any thread uses it.
bool curl_is_ready() {
  static const bool ready = curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK;
  return ready;
}

struct Download {
  std::string body;
  std::size_t bytes_max;
  bool too_large = false;
};

std::size_t take_bytes(char* bytes, std::size_t size, std::size_t count, void* user) {
  auto& download = *static_cast<Download*>(user);
  const std::size_t added = size * count;
  if (download.body.size() + added > download.bytes_max) {
    download.too_large = true;
    return 0;
  }
  download.body.append(bytes, added);
  return added;
}

int stop_when_cancelled(void* user, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return static_cast<std::atomic<bool>*>(user)->load() ? 1 : 0;
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

class CurlFetcher final : public oidc::KeyFetcher {
 public:
  explicit CurlFetcher(const CurlLimits& limits) : limits_(limits) {}

  tl::expected<std::string, FetchError> get(const std::string& url, std::size_t bytes_max) override {
    if (!easy_ && curl_is_ready()) easy_.reset(curl_easy_init());
    if (!easy_) return tl::unexpected(FetchError{Cause::connection, "libcurl cannot be set up"});
    Download download{.body = {}, .bytes_max = bytes_max};
    std::array<char, CURL_ERROR_SIZE> words{};
    set_options(url, download, words.data());
    const CURLcode code = curl_easy_perform(easy_.get());
    curl_easy_setopt(easy_.get(), CURLOPT_ERRORBUFFER, nullptr);
    if (download.too_large) {
      return tl::unexpected(FetchError{
          Cause::too_large, url + ": the answer is larger than " + std::to_string(bytes_max) + " bytes"});
    }
    if (code != CURLE_OK) {
      const std::string text = words[0] != '\0' ? words.data() : curl_easy_strerror(code);
      return tl::unexpected(FetchError{cause_of(code), url + ": " + text});
    }
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != 200)
      return tl::unexpected(FetchError{Cause::http_status, url + ": HTTP status " + std::to_string(status)});
    return std::move(download.body);
  }

  void cancel() override { cancelled_.store(true); }

 private:
  void set_options(const std::string& url, Download& download, char* words) {
    CURL* easy = easy_.get();
    curl_easy_reset(easy);
    curl_easy_setopt(easy, CURLOPT_URL, url.c_str());
    curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits_.connect_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, static_cast<long>(limits_.total_timeout.count()));
    curl_easy_setopt(easy, CURLOPT_USERAGENT, "callgate");
    curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, words);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, &take_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, static_cast<void*>(&download));
    curl_easy_setopt(easy, CURLOPT_NOPROGRESS, 0L);
    curl_easy_setopt(easy, CURLOPT_XFERINFOFUNCTION, &stop_when_cancelled);
    curl_easy_setopt(easy, CURLOPT_XFERINFODATA, static_cast<void*>(&cancelled_));
  }

  CurlLimits limits_;
  std::unique_ptr<CURL, FreeEasy> easy_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

std::unique_ptr<oidc::KeyFetcher> make_curl_fetcher(const CurlLimits& limits) {
  return std::make_unique<CurlFetcher>(limits);
}

}  // namespace callgate::keys_http
