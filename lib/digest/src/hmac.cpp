// SPDX-License-Identifier: Apache-2.0
#include <openssl/evp.h>

#include <callgate/digest/hmac.hpp>

namespace callgate::digest {

Digest hmac_sha256(std::string_view key, std::string_view text) {
  Digest out;
  std::size_t size = 0;
  if (EVP_Q_mac(nullptr, "HMAC", nullptr, "SHA256", nullptr, key.data(), key.size(),
                reinterpret_cast<const unsigned char*>(text.data()), text.size(), out.bytes.data(),
                out.bytes.size(), &size) == nullptr) {
    return {};
  }
  out.size = size;
  return out;
}

}  // namespace callgate::digest
