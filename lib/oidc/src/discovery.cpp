// SPDX-License-Identifier: Apache-2.0
#include <callgate/http/url.hpp>
#include <callgate/json/document.hpp>
#include <callgate/oidc/discovery.hpp>

namespace callgate::oidc {
namespace {

using Cause = FetchError::Cause;

constexpr std::size_t kDocumentBytesMax = std::size_t{256} * 1024;

auto fail(Cause cause, std::string message) {
  return tl::unexpected(FetchError{cause, std::move(message)});
}

tl::expected<void, FetchError> check_url(const std::string& text, const char* what, bool insecure_http) {
  const auto url = http::parse_url(text);
  if (!url) return fail(Cause::url, std::string(what) + " is not an http or https URL");
  if (url->scheme != "https" && !insecure_http) {
    return fail(Cause::url, std::string(what) + " is not https; only --insecure-http-issuer permits that");
  }
  return {};
}

}  // namespace

std::string_view to_text(Cause cause) {
  switch (cause) {
    case Cause::dns:
      return "dns";
    case Cause::connection:
      return "connection";
    case Cause::tls:
      return "tls";
    case Cause::timeout:
      return "timeout";
    case Cause::http_status:
      return "http_status";
    case Cause::too_large:
      return "too_large";
    case Cause::json:
      return "json";
    case Cause::issuer:
      return "issuer";
    case Cause::url:
      return "url";
    case Cause::no_usable_key:
      return "no_usable_key";
    case Cause::cancelled:
      return "cancelled";
  }
  return "";
}

tl::expected<Discovery, FetchError> parse_discovery(std::string_view text, const Issuer& issuer) {
  const auto document = json::parse(text);
  if (!document) return fail(Cause::json, "the discovery document is not JSON: " + document.error().what);
  const auto named = document->root().find("issuer");
  if (!named || !named->is_string()) return fail(Cause::issuer, "the discovery document names no issuer");
  if (*named->as_string() != issuer.issuer) {
    return fail(Cause::issuer,
                "the discovery document is of another issuer than the configured " + issuer.issuer);
  }
  const auto keys = document->root().find("jwks_uri");
  if (!keys || !keys->is_string()) return fail(Cause::json, "the discovery document names no jwks_uri");
  Discovery discovery{std::string(*keys->as_string())};
  if (auto checked = check_url(discovery.keys_url, "jwks_uri", issuer.insecure_http); !checked) {
    return tl::unexpected(checked.error());
  }
  return discovery;
}

tl::expected<jose::KeySet, FetchError> fetch_keys(KeyFetcher& fetcher, const Issuer& issuer) {
  if (auto checked = check_url(issuer.discovery, "the discovery address", issuer.insecure_http); !checked) {
    return tl::unexpected(checked.error());
  }
  const auto document = fetcher.get(issuer.discovery, kDocumentBytesMax);
  if (!document) return tl::unexpected(document.error());
  const auto discovery = parse_discovery(*document, issuer);
  if (!discovery) return tl::unexpected(discovery.error());
  const auto text = fetcher.get(discovery->keys_url, kDocumentBytesMax);
  if (!text) return tl::unexpected(text.error());
  auto keys = jose::KeySet::parse(*text);
  if (!keys) return fail(Cause::json, keys.error().message);
  if (keys->keys().empty()) {
    std::string message = "the key set holds no usable key";
    if (!keys->skipped().empty()) message += " (the first one: " + keys->skipped().front().why + ")";
    return fail(Cause::no_usable_key, std::move(message));
  }
  return std::move(*keys);
}

}  // namespace callgate::oidc
