// SPDX-License-Identifier: Apache-2.0
#pragma once
// Unpredictable bytes from OpenSSL's generator. Any thread.

#include <cstddef>
#include <string>

namespace callgate::digest {

// Ends the process if the generator fails: nothing that needs them could go on safely.
std::string random_bytes(std::size_t count);

// A random UUID, version 4 (RFC 9562), lower case.
std::string random_uuid();

}  // namespace callgate::digest
