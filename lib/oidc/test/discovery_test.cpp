// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <callgate/oidc/discovery.hpp>

#include <map>
#include <vector>

namespace callgate::oidc {
namespace {

using Cause = FetchError::Cause;

const Issuer kIssuer{"https://issuer.test", "https://issuer.test/calling/.well-known/acsopenidconfiguration",
                     false};

const std::string kKey =
    R"({"kty":"EC","crv":"P-256","kid":"k","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

// Serves pages by URL; every page has an etag, its own text.
class PagesFetcher final : public KeyFetcher {
 public:
  std::map<std::string, std::string> pages;
  std::vector<FetchRequest> requests;
  tl::expected<Fetched, FetchError> get(const FetchRequest& request) override {
    requests.push_back(request);
    const auto page = pages.find(request.url);
    if (page == pages.end()) return tl::unexpected(FetchError{Cause::http_status, "status 404"});
    if (request.etag == page->second) return Fetched{.not_modified = true};
    return Fetched{.body = page->second, .etag = page->second};
  }
};

TEST(Discovery, ReadsTheKeyAddressOfTheConfiguredIssuer) {
  const auto found = parse_discovery(
      R"({"issuer":"https://issuer.test","jwks_uri":"https://keys.test/k","x":[1],"id_token_signing_alg_values_supported":["HS256","none"]})",
      kIssuer);
  ASSERT_TRUE(found) << found.error().message;
  EXPECT_EQ(found->keys_url, "https://keys.test/k");
}

TEST(Discovery, RefusesEverythingElse) {
  const struct {
    const char* text;
    Cause cause;
  } cases[] = {
      {"<html>", Cause::json},
      {"[]", Cause::issuer},
      {R"({"jwks_uri":"https://issuer.test/k"})", Cause::issuer},
      {R"({"issuer":7,"jwks_uri":"https://issuer.test/k"})", Cause::issuer},
      {R"({"issuer":"https://issuer.test/","jwks_uri":"https://issuer.test/k"})", Cause::issuer},
      {R"({"issuer":"https://ISSUER.test","jwks_uri":"https://issuer.test/k"})", Cause::issuer},
      {R"({"issuer":"https://issuer.test"})", Cause::json},
      {R"({"issuer":"https://issuer.test","jwks_uri":"http://issuer.test/k"})", Cause::url},
      {R"({"issuer":"https://issuer.test","jwks_uri":"file:///etc/passwd"})", Cause::url},
      {R"({"issuer":"https://issuer.test","jwks_uri":""})", Cause::url},
      {R"({"issuer":"a","issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})", Cause::json},
  };
  for (const auto& c : cases) {
    const auto found = parse_discovery(c.text, kIssuer);
    ASSERT_FALSE(found) << c.text;
    EXPECT_EQ(found.error().cause, c.cause) << c.text << found.error().message;
  }
  Issuer insecure = kIssuer;
  insecure.insecure_http = true;
  EXPECT_TRUE(
      parse_discovery(R"({"issuer":"https://issuer.test","jwks_uri":"http://issuer.test/k"})", insecure));
}

TEST(FetchKeys, GoesFromDiscoveryToKeys) {
  PagesFetcher fetcher;
  fetcher.pages[kIssuer.discovery] = R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})";
  EXPECT_EQ(fetch_keys(fetcher, kIssuer).error().cause, Cause::http_status);
  fetcher.pages["https://issuer.test/k"] = "{\"keys\":[" + kKey + "]}";
  const auto keys = fetch_keys(fetcher, kIssuer);
  ASSERT_TRUE(keys) << keys.error().message;
  EXPECT_NE(keys->find("k"), nullptr);
  for (const auto& [text, cause] : {std::pair{R"({"keys":[]})", Cause::no_usable_key},
                                    {R"({"keys":[{"kty":"oct","k":"x"}]})", Cause::no_usable_key},
                                    {"<html>", Cause::json}}) {
    fetcher.pages["https://issuer.test/k"] = text;
    EXPECT_EQ(fetch_keys(fetcher, kIssuer).error().cause, cause) << text;
  }
  Issuer plain = kIssuer;
  plain.discovery = "http://issuer.test/d";
  EXPECT_EQ(fetch_keys(fetcher, plain).error().cause, Cause::url);
}

TEST(IssuerReader, BelievesAnIssuerThatSaysNothingHasChanged) {
  PagesFetcher fetcher;
  const std::string document = R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})";
  fetcher.pages[kIssuer.discovery] = document;
  fetcher.pages["https://issuer.test/k"] = "{\"keys\":[" + kKey + "]}";
  IssuerReader reader(kIssuer);
  const auto first = reader.read(fetcher);
  const auto second = reader.read(fetcher);
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->keys, second->keys) << "the same set";
  EXPECT_EQ(fetcher.requests[2].etag, document);

  fetcher.pages["https://issuer.test/k"] = "{ \"keys\":[" + kKey + "]}";
  EXPECT_NE(reader.read(fetcher)->keys, first->keys);
}

TEST(IssuerReader, AfterAnErrorItAsksWithoutCondition) {
  PagesFetcher fetcher;
  fetcher.pages[kIssuer.discovery] = R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})";
  fetcher.pages["https://issuer.test/k"] = "{\"keys\":[" + kKey + "]}";
  IssuerReader reader(kIssuer);
  ASSERT_TRUE(reader.read(fetcher));
  fetcher.pages["https://issuer.test/k"] = "<html>";
  EXPECT_FALSE(reader.read(fetcher));
  fetcher.pages["https://issuer.test/k"] = "{\"keys\":[" + kKey + "]}";
  fetcher.requests.clear();
  ASSERT_TRUE(reader.read(fetcher));
  for (const FetchRequest& request : fetcher.requests) EXPECT_EQ(request.etag, "");
}

TEST(IssuerReader, AnAddressThatADocumentNamesMustBePublic) {
  PagesFetcher fetcher;
  fetcher.pages[kIssuer.discovery] =
      R"({"issuer":"https://issuer.test","jwks_uri":"https://internal.test/k"})";
  IssuerReader(kIssuer).read(fetcher);
  EXPECT_FALSE(fetcher.requests.at(0).public_address_only) << "configured by the operator";
  EXPECT_TRUE(fetcher.requests.at(1).public_address_only);
  fetcher.pages[kIssuer.discovery] = R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test/k"})";
  fetcher.requests.clear();
  IssuerReader(kIssuer).read(fetcher);
  EXPECT_FALSE(fetcher.requests.at(1).public_address_only) << "the host the operator named";
  fetcher.pages[kIssuer.discovery] =
      R"({"issuer":"https://issuer.test","jwks_uri":"https://issuer.test:9200/k"})";
  fetcher.requests.clear();
  IssuerReader(kIssuer).read(fetcher);
  EXPECT_TRUE(fetcher.requests.at(1).public_address_only) << "another service on it";
  Issuer inside = kIssuer;
  inside.private_addresses = true;
  fetcher.requests.clear();
  IssuerReader(inside).read(fetcher);
  EXPECT_FALSE(fetcher.requests.at(1).public_address_only) << "configured";
}

}  // namespace
}  // namespace callgate::oidc
