// SPDX-License-Identifier: Apache-2.0
#pragma once
// What can be made wrong with a token or with the way a callback is sent, and what a gateway must make of it.
// A closed table; pure, any thread.

#include <callgate/refusal/reason.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace callgate::emulator {

// The names on the wire have hyphens: wrong_audience is "wrong-audience".
enum class Fault : std::uint8_t {
  none,
  // of the token
  expired,
  early,
  wrong_audience,
  wrong_issuer,
  wrong_key,
  unknown_kid,
  alg_none,
  hs256_public_key,
  garbage_token,
  long_lifetime,
  // of the callback; the token, if one is sent, is good
  no_token,
  replay_body,  // each event, then another one under the same token
  duplicate,
  reorder,
  batch,
};

std::string_view to_text(Fault fault);
std::optional<Fault> parse_fault(std::string_view text);

// Whether a token alone can have it ("none" included).
bool is_token_fault(Fault fault);

// Why a gateway must refuse, with status 401; nothing where it must admit, with any 2xx.
std::optional<refusal::Reason> expected_reason(Fault fault);
inline constexpr int kRefusedStatus = 401;

// "none, expired, early, ...": for messages and help.
std::string known_token_faults();
std::string known_faults();

}  // namespace callgate::emulator
