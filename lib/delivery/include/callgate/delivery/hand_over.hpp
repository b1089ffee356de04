// SPDX-License-Identifier: Apache-2.0
#pragma once
// The request that brings a stored event to its application. Pure, any thread.

#include <callgate/delivery/event.hpp>
#include <callgate/delivery/signing.hpp>
#include <callgate/http/message.hpp>
#include <span>

namespace callgate::delivery {

// Method, target, kept fields and body as they came; what was proven then, as Callgate-* fields made safe for
// a field value (http::field_text); Callgate-Attempt, counted from 1. With secrets also webhook-id (the key:
// the same on each try), webhook-timestamp (`now`, in seconds) and webhook-signature. Should OpenSSL refuse
// to sign, the signature is missing, and the application refuses the request as it must.
http::Request hand_over(const Stored& stored, int attempt, base::WallTime now,
                        std::span<const SigningSecret> secrets);

}  // namespace callgate::delivery
