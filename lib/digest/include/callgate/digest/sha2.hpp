// SPDX-License-Identifier: Apache-2.0
#pragma once
// SHA-2 over a whole text (FIPS 180-4), by OpenSSL. Contexts are kept per thread; any thread may call.

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace callgate::digest {

enum class Sha2 { sha256, sha384, sha512 };

struct Digest {
  std::array<unsigned char, 64> bytes{};
  std::size_t size = 0;
  std::string_view view() const { return {reinterpret_cast<const char*>(bytes.data()), size}; }
};

// An empty Digest (size 0) if OpenSSL refuses, which a caller must treat as a failed check.
Digest hash(Sha2 algorithm, std::string_view text);

std::string to_hex(std::string_view bytes);

}  // namespace callgate::digest
