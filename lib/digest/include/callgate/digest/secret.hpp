// SPDX-License-Identifier: Apache-2.0
#pragma once
// Compares a secret with what a stranger sent. Any thread.

#include <string_view>

namespace callgate::digest {

// Over the SHA-256 of both, in constant time: how long it takes tells neither where they differ nor how long
// the secret is. False if OpenSSL refuses.
bool is_same_secret(std::string_view secret, std::string_view given);

}  // namespace callgate::digest
