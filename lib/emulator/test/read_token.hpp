// SPDX-License-Identifier: Apache-2.0
#pragma once
// Takes a compact token apart without judging it, and checks its signature with OpenSSL alone.

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <callgate/digest/base64.hpp>
#include <callgate/json/document.hpp>
#include <callgate/mint/signing_key.hpp>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::emulator {

struct ReadToken {
  std::string header;  // JSON texts
  std::string claims;
  std::string signature;
  std::string signed_text;
};

inline std::optional<ReadToken> read_token(std::string_view token) {
  const std::size_t first = token.find('.');
  const std::size_t last = token.rfind('.');
  if (first == std::string_view::npos || first == last) return std::nullopt;
  auto header = digest::decode_base64url(token.substr(0, first));
  auto claims = digest::decode_base64url(token.substr(first + 1, last - first - 1));
  auto signature = digest::decode_base64url(token.substr(last + 1));
  if (!header || !claims || !signature) return std::nullopt;
  return ReadToken{*header, *claims, *signature, std::string(token.substr(0, last))};
}

inline std::string text_in(std::string_view object, std::string_view name) {
  const auto document = json::parse(object);
  const auto value = document ? document->root().find(name) : std::nullopt;
  return std::string(value ? value->as_string().value_or("(no string)") : "(absent)");
}

inline std::int64_t number_in(std::string_view object, std::string_view name) {
  const auto document = json::parse(object);
  const auto value = document ? document->root().find(name) : std::nullopt;
  return value ? value->as_integer().value_or(-1) : -1;
}

inline bool signed_by(const ReadToken& token, const mint::SigningKey& key) {
  const std::string pem = key.public_pem();
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())),
                                                BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> half(
      PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr), EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
  const auto bytes = [](const std::string& text) {
    return reinterpret_cast<const unsigned char*>(text.data());
  };
  return EVP_DigestVerifyInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, half.get(), nullptr) ==
             1 &&
         EVP_DigestVerify(context.get(), bytes(token.signature), token.signature.size(),
                          bytes(token.signed_text), token.signed_text.size()) == 1;
}

}  // namespace callgate::emulator
