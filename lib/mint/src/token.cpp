// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <array>
#include <callgate/digest/base64.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/mint/signing_key.hpp>
#include <cstdio>
#include <cstdlib>

namespace callgate::mint {
namespace {

std::string signing_input(std::string_view header, std::string_view claims) {
  return digest::encode_base64url(header) + "." + digest::encode_base64url(claims);
}

}  // namespace

std::string sign_token(const SigningKey& key, std::string_view header, std::string_view claims) {
  const std::string input = signing_input(header, claims);
  return input + "." + digest::encode_base64url(key.sign_rs256(input));
}

std::string sign_token_hs256(std::string_view secret, std::string_view header, std::string_view claims) {
  const std::string input = signing_input(header, claims);
  std::array<unsigned char, 32> mac{};
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, secret.data(), secret.size(),
                reinterpret_cast<const unsigned char*>(input.data()), input.size(), mac.data(), mac.size(),
                &size) == nullptr) {
    std::fputs("callgate mint: OpenSSL could not make an HMAC; cannot go on\n", stderr);
    std::abort();
  }
  return input + "." + digest::encode_base64url({reinterpret_cast<const char*>(mac.data()), size});
}

std::string key_set(const SigningKey* keys, std::size_t count) {
  json::Writer out;
  out.begin_object().name("keys").begin_array();
  for (std::size_t i = 0; i < count; ++i) out.raw(keys[i].public_jwk());
  out.end_array().end_object();
  return out.take();
}

}  // namespace callgate::mint
