// SPDX-License-Identifier: Apache-2.0
#include "signature.hpp"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>

#include <array>
#include <memory>

#include "algorithm_table.hpp"
#include "material.hpp"

namespace callgate::jose {
namespace {

struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
struct FreeMdContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};
struct FreeEcdsaSignature {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

const EVP_MD* md_of(digest::Sha2 hash) {
  switch (hash) {
    case digest::Sha2::sha256:
      return EVP_sha256();
    case digest::Sha2::sha384:
      return EVP_sha384();
    case digest::Sha2::sha512:
      return EVP_sha512();
  }
  return nullptr;
}

Context make_context(const Key::Material& key, const AlgorithmRow& row) {
  Context context(EVP_PKEY_CTX_new_from_pkey(nullptr, key.pkey.get(), nullptr));
  if (!context || EVP_PKEY_verify_init(context.get()) != 1 ||
      EVP_PKEY_CTX_set_signature_md(context.get(), md_of(row.hash)) != 1) {
    return nullptr;
  }
  if (row.scheme == Scheme::rsa_pkcs1 &&
      EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PADDING) != 1) {
    return nullptr;
  }
  // RFC 7518 section 3.5: MGF1 with the same hash, salt as long as the hash.
  if (row.scheme == Scheme::rsa_pss &&
      (EVP_PKEY_CTX_set_rsa_padding(context.get(), RSA_PKCS1_PSS_PADDING) != 1 ||
       EVP_PKEY_CTX_set_rsa_mgf1_md(context.get(), md_of(row.hash)) != 1 ||
       EVP_PKEY_CTX_set_rsa_pss_saltlen(context.get(), RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return nullptr;
  }
  return context;
}

// Setting a context up costs about a fifth of an RSA verification, so each thread keeps a few, by key and
// algorithm. A context holds its own reference to the OpenSSL key; serials are never used twice.
class ContextShelf {
 public:
  EVP_PKEY_CTX* take(const Key::Material& key, const AlgorithmRow& row) {
    for (Slot& slot : slots_) {
      if (slot.serial == key.serial && slot.algorithm == row.algorithm) return slot.context.get();
    }
    Context context = make_context(key, row);
    if (!context) return nullptr;
    Slot& slot = slots_[next_];
    next_ = (next_ + 1) % slots_.size();
    slot = {key.serial, row.algorithm, std::move(context)};
    return slot.context.get();
  }

 private:
  struct Slot {
    std::uint64_t serial = 0;
    Algorithm algorithm{};
    Context context;
  };
  std::array<Slot, 8> slots_;
  std::size_t next_ = 0;
};

bool verify_digest(const Key::Material& key, const AlgorithmRow& row, std::string_view text,
                   std::string_view signature) {
  thread_local ContextShelf shelf;
  const digest::Digest digest = digest::hash(row.hash, text);
  EVP_PKEY_CTX* context = shelf.take(key, row);
  return context != nullptr && digest.size != 0 &&
         EVP_PKEY_verify(context, bytes_of(signature), signature.size(), digest.bytes.data(), digest.size) ==
             1;
}

// RSASSA: the signature is exactly as long as the modulus (RFC 8017 sections 8.1.2 and 8.2.2).
bool verify_rsa(const Key::Material& key, const AlgorithmRow& row, std::string_view text,
                std::string_view signature) {
  if (signature.size() != static_cast<std::size_t>(key.bits + 7) / 8) return false;
  return verify_digest(key, row, text, signature);
}

// R || S of fixed width (RFC 7518 section 3.4) to the DER form that OpenSSL reads.
bool verify_ecdsa(const Key::Material& key, const AlgorithmRow& row, std::string_view text,
                  std::string_view signature) {
  if (signature.size() != row.half_size * 2) return false;
  const std::unique_ptr<ECDSA_SIG, FreeEcdsaSignature> parts(ECDSA_SIG_new());
  const int half = static_cast<int>(row.half_size);
  BIGNUM* r = BN_bin2bn(bytes_of(signature), half, nullptr);
  BIGNUM* s = BN_bin2bn(bytes_of(signature) + half, half, nullptr);
  if (!parts || ECDSA_SIG_set0(parts.get(), r, s) != 1) {
    BN_free(r);
    BN_free(s);
    return false;
  }
  std::array<unsigned char, 160> der{};  // two numbers of at most 67 bytes and their frames
  unsigned char* end = der.data();
  const int size = i2d_ECDSA_SIG(parts.get(), nullptr);
  if (size <= 0 || static_cast<std::size_t>(size) > der.size() || i2d_ECDSA_SIG(parts.get(), &end) != size) {
    return false;
  }
  return verify_digest(key, row, text,
                       {reinterpret_cast<const char*>(der.data()), static_cast<std::size_t>(size)});
}

bool verify_eddsa(const Key::Material& key, std::string_view text, std::string_view signature) {
  if (signature.size() != 64) return false;
  const std::unique_ptr<EVP_MD_CTX, FreeMdContext> context(EVP_MD_CTX_new());
  return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key.pkey.get()) == 1 &&
         EVP_DigestVerify(context.get(), bytes_of(signature), signature.size(), bytes_of(text),
                          text.size()) == 1;
}

bool holds_by_scheme(const Key::Material& key, const AlgorithmRow& row, std::string_view text,
                     std::string_view signature) {
  switch (row.scheme) {
    case Scheme::rsa_pkcs1:
    case Scheme::rsa_pss:
      return verify_rsa(key, row, text, signature);
    case Scheme::ecdsa:
      return verify_ecdsa(key, row, text, signature);
    case Scheme::eddsa:
      return verify_eddsa(key, text, signature);
  }
  return false;
}

}  // namespace

bool signature_holds(const Key& key, Algorithm algorithm, std::string_view text, std::string_view signature) {
  // A leftover in OpenSSL's error queue must not colour this verdict, nor ours the next one.
  ERR_clear_error();
  const bool holds = holds_by_scheme(key.material(), row_of(algorithm), text, signature);
  ERR_clear_error();
  return holds;
}

}  // namespace callgate::jose
