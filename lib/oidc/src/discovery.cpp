// SPDX-License-Identifier: Apache-2.0
#include <callgate/http/url.hpp>
#include <callgate/json/document.hpp>
#include <callgate/oidc/discovery.hpp>

namespace callgate::oidc {
namespace {

using Cause = FetchError::Cause;

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
    case Cause::private_address:
      return "private_address";
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

namespace {

tl::expected<Keys, FetchError> parse_keys(const std::string& text) {
  auto keys = jose::KeySet::parse(text);
  if (!keys) return fail(Cause::json, keys.error().message);
  if (keys->keys().empty()) {
    std::string message = "the key set holds no usable key";
    if (!keys->skipped().empty()) message += " (the first one: " + keys->skipped().front().why + ")";
    return fail(Cause::no_usable_key, std::move(message));
  }
  return std::make_shared<const jose::KeySet>(std::move(*keys));
}

// Another port is another service.
bool is_same_server(const std::string& a, const std::string& b) {
  const auto first = http::parse_url(a);
  const auto second = http::parse_url(b);
  return first && second && first->host == second->host && first->port == second->port;
}

}  // namespace

tl::expected<Reading, FetchError> IssuerReader::read(KeyFetcher& fetcher) {
  auto done = read_discovery(fetcher);
  if (done) done = read_keys(fetcher);
  if (done) return reading_;
  discovery_etag_.clear();
  keys_etag_.clear();
  return tl::unexpected(std::move(done.error()));
}

tl::expected<void, FetchError> IssuerReader::read_discovery(KeyFetcher& fetcher) {
  if (auto checked = check_url(issuer_.discovery, "the discovery address", issuer_.insecure_http); !checked) {
    return checked;
  }
  auto fetched = fetcher.get({.url = issuer_.discovery, .etag = discovery_etag_});
  if (!fetched) return tl::unexpected(std::move(fetched.error()));
  if (fetched->not_modified) return {};
  auto discovery = parse_discovery(fetched->body, issuer_);
  if (!discovery) return tl::unexpected(std::move(discovery.error()));
  // An etag of another address says nothing about this one.
  if (discovery->keys_url != discovery_.keys_url) keys_etag_.clear();
  discovery_ = std::move(*discovery);
  discovery_etag_ = std::move(fetched->etag);
  return {};
}

tl::expected<void, FetchError> IssuerReader::read_keys(KeyFetcher& fetcher) {
  const bool may_be_private = issuer_.insecure_http || issuer_.private_addresses;
  const bool named_by_document = !may_be_private && !is_same_server(discovery_.keys_url, issuer_.discovery);
  auto fetched =
      fetcher.get({.url = discovery_.keys_url, .etag = keys_etag_, .public_address_only = named_by_document});
  if (!fetched) return tl::unexpected(std::move(fetched.error()));
  reading_.max_age = fetched->max_age;
  reading_.server_time = fetched->server_time;
  reading_.keys_url = discovery_.keys_url;
  if (fetched->not_modified) return {};
  auto keys = parse_keys(fetched->body);
  if (!keys) return tl::unexpected(std::move(keys.error()));
  reading_.keys = std::move(*keys);
  reading_.text = std::move(fetched->body);
  keys_etag_ = std::move(fetched->etag);
  return {};
}

tl::expected<jose::KeySet, FetchError> fetch_keys(KeyFetcher& fetcher, const Issuer& issuer) {
  auto reading = IssuerReader(issuer).read(fetcher);
  if (!reading) return tl::unexpected(std::move(reading.error()));
  return *reading->keys;
}

}  // namespace callgate::oidc
