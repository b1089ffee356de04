// SPDX-License-Identifier: Apache-2.0
#include <openssl/rand.h>

#include <callgate/digest/random.hpp>
#include <callgate/digest/sha2.hpp>
#include <cstdio>
#include <cstdlib>

namespace callgate::digest {

std::string random_bytes(std::size_t count) {
  std::string out(count, '\0');
  if (RAND_bytes(reinterpret_cast<unsigned char*>(out.data()), static_cast<int>(count)) != 1) {
    std::fputs("callgate: the system gives no random numbers; cannot go on\n", stderr);
    std::abort();
  }
  return out;
}

std::string random_uuid() {
  std::string bytes = random_bytes(16);
  bytes[6] = static_cast<char>((static_cast<unsigned char>(bytes[6]) & 0x0F) | 0x40);
  bytes[8] = static_cast<char>((static_cast<unsigned char>(bytes[8]) & 0x3F) | 0x80);
  std::string out = to_hex(bytes);
  for (const std::size_t at : {8U, 13U, 18U, 23U}) out.insert(at, "-");
  return out;
}

}  // namespace callgate::digest
