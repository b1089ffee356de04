// SPDX-License-Identifier: Apache-2.0
#pragma once
// HMAC-SHA-256 (RFC 2104), by OpenSSL. Signs what we send on. Never for tokens: jose takes asymmetric
// signatures alone, and a test of the house proves that no room that judges tokens calls this. Any thread.

#include <callgate/digest/sha2.hpp>
#include <string_view>

namespace callgate::digest {

// An empty Digest (size 0) if OpenSSL refuses.
Digest hmac_sha256(std::string_view key, std::string_view text);

}  // namespace callgate::digest
