// SPDX-License-Identifier: Apache-2.0
#pragma once
// OpenID Provider metadata (OpenID Connect Discovery 1.0 sections 3 and 4.3), as far as a verifier needs it,
// and the two fetches that lead to a key set. Pure steering over the port KeyFetcher; no exception.

#include <callgate/jose/key_set.hpp>
#include <callgate/oidc/fetch.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <tl/expected.hpp>

namespace callgate::oidc {

using Keys = std::shared_ptr<const jose::KeySet>;

struct Issuer {
  std::string issuer;     // must equal the document's, byte for byte
  std::string discovery;  // URL of the document
  // Permits http:// and private addresses: for the emulator, never for the open network.
  bool insecure_http = false;
  // Permits private addresses that the document names on another server than its own: for an issuer inside
  // one's own network.
  bool private_addresses = false;
  friend bool operator==(const Issuer&, const Issuer&) = default;
};

struct Discovery {
  std::string keys_url;  // jwks_uri
};

// Refuses a document of another issuer, or one whose jwks_uri is not https (unless insecure_http).
tl::expected<Discovery, FetchError> parse_discovery(std::string_view text, const Issuer& issuer);

// A key set as it was read. When the issuer says that nothing has changed, keys is the same pointer as
// before.
struct Reading {
  Keys keys;
  std::string text;                               // the key set document, to be kept on disk
  std::optional<std::chrono::seconds> max_age{};  // how long the issuer says the keys may be kept
  std::optional<base::WallTime> server_time{};
  std::string keys_url{};  // where the keys were
};

// Reads one issuer's documents and remembers them, so that an issuer that answers "not modified" is believed.
// One thread.
class IssuerReader {
 public:
  explicit IssuerReader(Issuer issuer) : issuer_(std::move(issuer)) {}

  // Discovery, then keys; each is checked before it replaces what is remembered. A set without a usable key
  // is an error. After an error the next read is unconditional.
  tl::expected<Reading, FetchError> read(KeyFetcher& fetcher);

 private:
  tl::expected<void, FetchError> read_discovery(KeyFetcher& fetcher);
  tl::expected<void, FetchError> read_keys(KeyFetcher& fetcher);

  Issuer issuer_;
  Discovery discovery_;
  std::string discovery_etag_;
  Reading reading_;
  std::string keys_etag_;
};

// One reading without memory.
tl::expected<jose::KeySet, FetchError> fetch_keys(KeyFetcher& fetcher, const Issuer& issuer);

}  // namespace callgate::oidc
