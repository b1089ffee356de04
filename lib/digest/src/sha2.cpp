// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <callgate/digest/sha2.hpp>
#include <memory>

namespace callgate::digest {
namespace {

struct FreeMd {
  void operator()(EVP_MD* md) const { EVP_MD_free(md); }
};
struct FreeMdCtx {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

// Fetched once: looking an algorithm up by name costs more than hashing a token.
const EVP_MD* algorithm_of(Sha2 algorithm) {
  static const std::unique_ptr<EVP_MD, FreeMd> sha256(EVP_MD_fetch(nullptr, "SHA2-256", nullptr));
  static const std::unique_ptr<EVP_MD, FreeMd> sha384(EVP_MD_fetch(nullptr, "SHA2-384", nullptr));
  static const std::unique_ptr<EVP_MD, FreeMd> sha512(EVP_MD_fetch(nullptr, "SHA2-512", nullptr));
  switch (algorithm) {
    case Sha2::sha256:
      return sha256.get();
    case Sha2::sha384:
      return sha384.get();
    case Sha2::sha512:
      return sha512.get();
  }
  return nullptr;
}

}  // namespace

Digest hash(Sha2 algorithm, std::string_view text) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeMdCtx> context(EVP_MD_CTX_new());
  Digest out;
  unsigned int size = 0;
  const EVP_MD* md = algorithm_of(algorithm);
  if (md == nullptr || context == nullptr || EVP_DigestInit_ex2(context.get(), md, nullptr) != 1 ||
      EVP_DigestUpdate(context.get(), text.data(), text.size()) != 1 ||
      EVP_DigestFinal_ex(context.get(), out.bytes.data(), &size) != 1) {
    return {};
  }
  out.size = size;
  return out;
}

std::string to_hex(std::string_view bytes) {
  constexpr std::string_view kHex = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out += kHex[byte >> 4];
    out += kHex[byte & 15];
  }
  return out;
}

}  // namespace callgate::digest
