// SPDX-License-Identifier: Apache-2.0
#pragma once
// The signature check itself, by OpenSSL: true only if it holds. The caller has made sure that key and
// algorithm fit.

#include <callgate/jose/key.hpp>
#include <string_view>

namespace callgate::jose {

bool signature_holds(const Key& key, Algorithm algorithm, std::string_view text, std::string_view signature);

}  // namespace callgate::jose
