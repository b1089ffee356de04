// SPDX-License-Identifier: Apache-2.0
#pragma once
// Signatures of hand-overs: Standard Webhooks, symmetric, version 1. With them the application knows that a
// request comes from this gateway, was not changed on the way, and is no copy of an old one. Pure, any
// thread.

#include <callgate/base/clock.hpp>
#include <callgate/base/error.hpp>
#include <callgate/base/redacted.hpp>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace callgate::delivery {

// The bytes that both sides share.
using SigningSecret = base::Redacted<std::string>;

inline constexpr std::size_t kSecretBytesMin = 24;
inline constexpr std::size_t kSecretBytesMax = 64;

// "whsec_" and the base64 of 24 to 64 bytes, with padding; spaces, tabs and line ends around it do not count.
// The error names what is wrong and how to make a secret, never the secret.
base::Result<SigningSecret> parse_signing_secret(std::string_view text);

// Value of `webhook-signature`: "v1,<base64>" for each secret, with a space between. Empty if there is no
// secret, or if OpenSSL refuses.
std::string sign(std::string_view id, base::WallTime at, std::string_view body,
                 std::span<const SigningSecret> secrets);

}  // namespace callgate::delivery
