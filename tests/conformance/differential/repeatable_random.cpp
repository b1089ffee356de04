// SPDX-License-Identifier: Apache-2.0
// RAND_set_rand_method is deprecated, and still the one way to hand OpenSSL 3 a generator of one's own.
#define OPENSSL_SUPPRESS_DEPRECATED
#include "repeatable_random.hpp"

#include <openssl/rand.h>

#include <random>

namespace callgate::differential {
namespace {

std::mt19937_64& stream() {
  static std::mt19937_64 engine;  // NOLINT(cert-msc32-c,cert-msc51-cpp): repeatable is what is wanted
  return engine;
}

int fill(unsigned char* bytes, int size) {
  for (int i = 0; i < size; ++i) bytes[i] = static_cast<unsigned char>(stream()());
  return 1;
}

}  // namespace

void seed_everything(std::uint64_t seed) {
  static const RAND_METHOD method{
      .seed = nullptr, .bytes = fill, .cleanup = nullptr, .add = nullptr, .pseudorand = fill, .status = [] {
        return 1;
      }};
  stream().seed(seed);
  RAND_set_rand_method(&method);
}

std::uint64_t draw(std::uint64_t bound) {
  return stream()() % bound;
}

}  // namespace callgate::differential
