// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signs tokens with every algorithm of the table, by OpenSSL directly, so that the room's tests need nothing
// above it.

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <callgate/digest/base64.hpp>
#include <callgate/jose/algorithm.hpp>
#include <memory>
#include <string>

namespace callgate::jose {

class TestSigner {
 public:
  static TestSigner rsa(unsigned int bits = 2048) { return TestSigner(EVP_RSA_gen(bits), "RSA"); }
  static TestSigner ec(const char* curve) { return TestSigner(EVP_EC_gen(curve), curve); }
  static TestSigner ed25519() {
    return TestSigner(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"), "Ed25519");
  }

  std::string jwk(const std::string& kid, const std::string& more = {}) const {
    return R"({"kid":")" + kid + "\"," + numbers() + more + "}";
  }

  std::string token(Algorithm algorithm, const std::string& kid, const std::string& payload) const {
    const std::string header =
        R"({"alg":")" + std::string(to_text(algorithm)) + R"(","kid":")" + kid + R"("})";
    const std::string text = digest::encode_base64url(header) + "." + digest::encode_base64url(payload);
    return text + "." + digest::encode_base64url(sign(algorithm, text));
  }

  // The signature as JOSE has it: fixed width for ECDSA.
  std::string sign(Algorithm algorithm, const std::string& text) const {
    const std::string signature = sign_plain(algorithm, text);
    return to_text(algorithm).starts_with("ES") ? fixed_width(signature) : signature;
  }

  // The hash of the algorithm by OpenSSL's name; null for EdDSA.
  static const char* hash_of(Algorithm algorithm) {
    const std::string_view name = to_text(algorithm);
    if (algorithm == Algorithm::eddsa) return nullptr;
    return name.ends_with("256") ? "SHA256" : name.ends_with("384") ? "SHA384" : "SHA512";
  }

  EVP_PKEY* key() const { return key_.get(); }
  // The signature as OpenSSL makes and reads it: DER for ECDSA.
  std::string sign_plain(Algorithm algorithm, const std::string& text) const {
    const std::string name(to_text(algorithm));
    EVP_MD_CTX* context = EVP_MD_CTX_new();
    EVP_PKEY_CTX* parameters = nullptr;
    EVP_DigestSignInit_ex(context, &parameters, hash_of(algorithm), nullptr, nullptr, key_.get(), nullptr);
    if (name.starts_with("PS")) {
      EVP_PKEY_CTX_set_rsa_padding(parameters, RSA_PKCS1_PSS_PADDING);
      EVP_PKEY_CTX_set_rsa_pss_saltlen(parameters, RSA_PSS_SALTLEN_DIGEST);
    }
    std::size_t size = 0;
    const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
    EVP_DigestSign(context, nullptr, &size, bytes, text.size());
    std::string signature(size, '\0');
    EVP_DigestSign(context, reinterpret_cast<unsigned char*>(signature.data()), &size, bytes, text.size());
    signature.resize(size);
    EVP_MD_CTX_free(context);
    return signature;
  }

 private:
  TestSigner(EVP_PKEY* key, std::string type) : key_(key, EVP_PKEY_free), type_(std::move(type)) {}

  std::size_t width() const { return type_ == "P-256" ? 32 : type_ == "P-384" ? 48 : 66; }

  std::string fixed_width(const std::string& der) const {
    const auto* bytes = reinterpret_cast<const unsigned char*>(der.data());
    ECDSA_SIG* parts = d2i_ECDSA_SIG(nullptr, &bytes, static_cast<long>(der.size()));
    std::string out(width() * 2, '\0');
    auto* at = reinterpret_cast<unsigned char*>(out.data());
    BN_bn2binpad(ECDSA_SIG_get0_r(parts), at, static_cast<int>(width()));
    BN_bn2binpad(ECDSA_SIG_get0_s(parts), at + width(), static_cast<int>(width()));
    ECDSA_SIG_free(parts);
    return out;
  }

  std::string number(const char* name, std::size_t pad = 0) const {
    BIGNUM* value = nullptr;
    EVP_PKEY_get_bn_param(key_.get(), name, &value);
    const std::size_t size = pad != 0 ? pad : static_cast<std::size_t>(BN_num_bytes(value));
    std::string out(size, '\0');
    BN_bn2binpad(value, reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(size));
    BN_free(value);
    return digest::encode_base64url(out);
  }

  std::string numbers() const {
    if (type_ == "RSA") {
      return R"("kty":"RSA","n":")" + number(OSSL_PKEY_PARAM_RSA_N) + R"(","e":")" +
             number(OSSL_PKEY_PARAM_RSA_E) + "\"";
    }
    if (type_ == "Ed25519") {
      std::string x(32, '\0');
      std::size_t size = x.size();
      EVP_PKEY_get_raw_public_key(key_.get(), reinterpret_cast<unsigned char*>(x.data()), &size);
      return R"("kty":"OKP","crv":"Ed25519","x":")" + digest::encode_base64url(x) + "\"";
    }
    return R"("kty":"EC","crv":")" + type_ + R"(","x":")" + number(OSSL_PKEY_PARAM_EC_PUB_X, width()) +
           R"(","y":")" + number(OSSL_PKEY_PARAM_EC_PUB_Y, width()) + "\"";
  }

  std::shared_ptr<EVP_PKEY> key_;
  std::string type_;
};

}  // namespace callgate::jose
