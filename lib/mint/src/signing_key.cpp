// SPDX-License-Identifier: Apache-2.0
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <callgate/digest/base64.hpp>
#include <callgate/digest/random.hpp>
#include <callgate/json/writer.hpp>
#include <callgate/mint/signing_key.hpp>
#include <cstdio>
#include <cstdlib>

namespace callgate::mint {
namespace {

constexpr int kBitsMin = 512;
constexpr int kBitsMax = 16384;

template <auto Free>
struct Freed {
  template <class T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_free>>;
using Buffer = std::unique_ptr<BIO, Freed<BIO_free_all>>;

// A good key and a good text leave OpenSSL no reason to fail but lack of memory.
[[noreturn]] void give_up(const char* what) {
  std::fprintf(stderr, "callgate mint: OpenSSL could not %s; cannot go on\n", what);
  std::abort();
}

Key generate(int bits) {
  const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, "RSA", nullptr));
  EVP_PKEY* made = nullptr;
  if (context == nullptr || EVP_PKEY_keygen_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_rsa_keygen_bits(context.get(), bits) != 1 ||
      EVP_PKEY_generate(context.get(), &made) != 1) {
    return nullptr;
  }
  return Key(made);
}

// The number as the shortest big-endian bytes, in base64url (RFC 7518 section 2).
std::string number_text(const EVP_PKEY* key, const char* parameter) {
  BIGNUM* found = nullptr;
  if (EVP_PKEY_get_bn_param(key, parameter, &found) != 1) give_up("read the key");
  const Number number(found);
  std::string bytes(static_cast<std::size_t>(BN_num_bytes(found)), '\0');
  BN_bn2bin(found, reinterpret_cast<unsigned char*>(bytes.data()));
  return digest::encode_base64url(bytes);
}

}  // namespace

struct SigningKey::State {
  std::string kid;
  Key key;
};

base::Result<SigningKey> SigningKey::generate_rsa(int bits, std::string kid) {
  if (bits < kBitsMin || bits > kBitsMax) {
    return base::fail("an RSA key of " + std::to_string(bits) + " bits cannot be made: write " +
                      std::to_string(kBitsMin) + " to " + std::to_string(kBitsMax));
  }
  Key key = generate(bits);
  if (key == nullptr)
    return base::fail("OpenSSL could not make an RSA key of " + std::to_string(bits) + " bits");
  if (kid.empty()) kid = digest::random_uuid();
  return SigningKey(std::make_shared<const State>(State{std::move(kid), std::move(key)}));
}

const std::string& SigningKey::kid() const {
  return state_->kid;
}

std::string SigningKey::public_jwk() const {
  json::Writer out;
  out.begin_object()
      .member("kty", "RSA")
      .member("use", "sig")
      .member("alg", "RS256")
      .member("kid", state_->kid);
  out.member("n", number_text(state_->key.get(), OSSL_PKEY_PARAM_RSA_N));
  out.member("e", number_text(state_->key.get(), OSSL_PKEY_PARAM_RSA_E)).end_object();
  return out.take();
}

std::string SigningKey::public_pem() const {
  const Buffer buffer(BIO_new(BIO_s_mem()));
  if (buffer == nullptr || PEM_write_bio_PUBKEY(buffer.get(), state_->key.get()) != 1)
    give_up("write the key");
  std::string text(BIO_ctrl_pending(buffer.get()), '\0');
  if (BIO_read(buffer.get(), text.data(), static_cast<int>(text.size())) != static_cast<int>(text.size())) {
    give_up("write the key");
  }
  return text;
}

std::string SigningKey::sign_rs256(std::string_view text) const {
  const DigestContext context(EVP_MD_CTX_new());
  const auto* bytes = reinterpret_cast<const unsigned char*>(text.data());
  std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(state_->key.get())), '\0');
  std::size_t size = signature.size();
  if (context == nullptr ||
      EVP_DigestSignInit_ex(context.get(), nullptr, "SHA256", nullptr, nullptr, state_->key.get(), nullptr) !=
          1 ||
      EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(signature.data()), &size, bytes,
                     text.size()) != 1) {
    give_up("sign a token");
  }
  signature.resize(size);
  return signature;
}

}  // namespace callgate::mint
